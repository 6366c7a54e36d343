/**
 * The typed messages between the server and a pipeline worker: the only file that both import.
 *
 * They travel over Node's child-process channel with `serialization: 'advanced'`, so typed arrays stay typed
 * arrays. Boxes are pixels of the sampled frame; every time named `…AtMs` is epoch milliseconds of the capture,
 * not of the arrival. A message never carries a camera's password except inside `SourceSpec.url`, which is
 * never logged.
 */

/** x, y of the top left corner, width, height; pixels. */
export type BoxPx = readonly [x: number, y: number, width: number, height: number];

export type SourceSpec =
  | { kind: 'rtsp'; url: string }
  | {
      kind: 'file';
      path: string;
      /** Start again at the end of the file. */
      loop: boolean;
      /** Play at the file's own speed (a camera) or as fast as the pipeline takes frames (analysis). */
      realtime: boolean;
    }
  /** Packets that the server forwards to ports of this machine, see `stream:rtp`; null: nobody publishes yet. */
  | { kind: 'webrtc'; codec: RtpCodec | null }
  /** JPEGs that the server hands on from a browser, see `stream:picture`. */
  | { kind: 'pictures' };

/** One picture of a camera, as a browser took it. */
export interface PushedPicture {
  /** Baseline JPEG. */
  jpeg: Uint8Array;
  /** When it was taken, milliseconds on a clock of the sender that only goes forward; NaN: unknown. */
  takenMs: number;
  /** When it came to the server, epoch milliseconds. */
  arrivedAtMs: number;
}

/** How RTP packets of one video are to be read. */
export interface RtpCodec {
  /** `video/VP8`, `video/H264`. */
  mimeType: string;
  payloadType: number;
  clockRate: number;
  parameters: Record<string, string | number>;
}

/** A camera's video, sent on to ports of this machine for people to watch: nothing of it is looked at. */
export interface RelaySpec {
  relayId: string;
  url: string;
  /** Decoded and encoded again as H.264 that every browser reads; otherwise copied as it is. */
  transcode: boolean;
  rtpPort: number;
  rtcpPort: number;
  payloadType: number;
  ssrc: number;
}

/** Sources that can be opened at any time, to see what they are. */
export type ProbedSource = Exclude<SourceSpec, { kind: 'webrtc' | 'pictures' }>;

export type Sampling = { mode: 'fps'; fps: number } | { mode: 'keyframes' };

/** A camera whose video is kept: cut at key frames, each segment a file encrypted with AES-128-CBC. */
export interface RecordingSpec {
  recordingId: string;
  source: SourceSpec;
  /** Folder of its segments, made when needed. */
  dir: string;
  /** 16 bytes. */
  key: Uint8Array;
  /** Number of the first segment: greater than 0 where it goes on after a break. */
  firstSeq: number;
  /** Nothing is written where less would be left free. */
  minFreeBytes: number;
}

export interface RecordedSegment {
  recordingId: string;
  /** Without holes. */
  seq: number;
  startAtMs: number;
  durationMs: number;
  bytes: number;
  /** It does not go on from the segment before. */
  gap: boolean;
}

export type RecordingProblem = StreamReason | 'disk-full' | 'disk-failed';

/** What the session's frozen jurisdiction policy and its switches allow for this stream. */
export interface Purposes {
  identify: boolean;
  attention: boolean;
  /** `off`: the emotion model is not loaded and no emotion field exists in any message. */
  emotion: 'off' | 'class' | 'individual';
  liveness: boolean;
}

/** One student whose face may be matched in this stream. Only students with consent are ever listed. */
export interface GalleryEntry {
  studentId: string;
  /** L2-normalised embeddings of the enrolment photos. */
  templates: Float32Array[];
  /** Embeddings of faces that a person said are *not* this student. */
  negatives: Float32Array[];
}

export interface StreamSpec {
  streamId: string;
  source: SourceSpec;
  sampling: Sampling;
  /** Frames wider than this are scaled down by ffmpeg; 0 keeps the native size. */
  maxWidth: number;
  /** Width that detection starts at; 0 is the frame's own. Economy mode uses 960. */
  detectWidth: number;
  purposes: Purposes;
  gallery: GalleryEntry[];
  /** A student's own camera: nobody else is looked for in it. */
  onlyStudentId?: string;
  /** Track ids start here, so that a restarted worker never reuses an id of the same session. */
  firstTrackId: number;
}

export type StreamState = 'connecting' | 'live' | 'stalled' | 'reconnecting' | 'failed' | 'ended';

/** Stable codes; the dashboard words them in the reader's language. */
export type StreamReason =
  | 'starting'
  | 'ok'
  | 'wrong-credentials'
  /** The address is not in the networks that cameras are allowed in. */
  | 'forbidden'
  | 'refused'
  | 'unreachable'
  | 'not-found'
  | 'no-video'
  | 'unsupported-codec'
  | 'frozen'
  | 'disconnected'
  | 'corrupt'
  | 'decoder-failed'
  | 'end-of-file'
  | 'worker-restarted'
  /** Nobody publishes: the link has not been opened, or the publisher has left. */
  | 'no-publisher'
  | 'stopped';

/** How much work is being left out because the CPU is short; rises in this fixed order. */
export type LoadLevel =
  | 'full'
  | 'less-emotion'
  | 'less-pose'
  | 'less-embedding'
  | 'smaller-detection'
  | 'fewer-frames';

export type ToWorker =
  | { type: 'stream:start'; stream: StreamSpec }
  | { type: 'stream:stop'; streamId: string }
  | { type: 'stream:gallery'; streamId: string; gallery: GalleryEntry[] }
  /** A person's word on a track: it wins over every vote from then on. */
  | {
      type: 'stream:verdict';
      streamId: string;
      trackId: number;
      studentId: string;
      verdict: 'confirmed' | 'rejected';
    }
  /** Switches the JPEG pictures of a stream on (with their width in pixels) or off. */
  | { type: 'stream:watch'; streamId: string; pictureWidth: number | null }
  /** The next picture of a `pictures` stream; another follows when this one is answered. */
  | { type: 'stream:picture'; streamId: string; picture: PushedPicture }
  | { type: 'recording:start'; recording: RecordingSpec }
  /** The recording goes on from another source, or from none. */
  | { type: 'recording:source'; recordingId: string; source: SourceSpec }
  | { type: 'recording:stop'; recordingId: string }
  /** Connects once, and sends until it is stopped or has ended, see `relay:ended`. */
  | { type: 'relay:start'; relay: RelaySpec }
  | { type: 'relay:stop'; relayId: string }
  | { type: 'probe'; requestId: string; source: ProbedSource; timeoutMs: number }
  | { type: 'photo'; requestId: string; photo: Uint8Array }
  | ({ type: 'photo:faces'; requestId: string; photo: Uint8Array } & PhotoFacesOptions)
  | { type: 'shutdown' };

export type FromWorker =
  | ReadyMessage
  | { type: 'stream:status'; status: StreamStatus }
  /** A `webrtc` stream's decoder listens on these ports of this machine, from now until the next such message. */
  | { type: 'stream:rtp'; streamId: string; rtpPort: number; rtcpPort: number }
  /** A `webrtc` stream has had no frame for a while: its sender is to be asked for a key frame. */
  | { type: 'stream:key-frame'; streamId: string }
  /** A segment is whole on the disk. */
  | { type: 'recording:segment'; segment: RecordedSegment }
  /** Why nothing is written just now; null: it is. */
  | { type: 'recording:status'; recordingId: string; problem: RecordingProblem | null }
  /** As `stream:rtp` and `stream:key-frame`, of a recording from a `webrtc` source. */
  | { type: 'recording:rtp'; recordingId: string; rtpPort: number; rtcpPort: number }
  | { type: 'recording:key-frame'; recordingId: string }
  /** Stopped: no segment follows. */
  | { type: 'recording:ended'; recordingId: string }
  /** What the camera of a relay sends; packets follow at once. The profile is in ffmpeg's words, such as `High`. */
  | { type: 'relay:described'; relayId: string; codec: string; profile: string | null }
  | { type: 'relay:ended'; relayId: string; reason: StreamReason; detail: string }
  /** A pushed picture was decoded, or refused. */
  | { type: 'stream:picture-taken'; streamId: string; ok: boolean }
  | { type: 'observation'; observation: Observation }
  | { type: 'identity'; identity: IdentityDecision }
  | { type: 'metrics'; metrics: StreamMetrics }
  | { type: 'engagement'; bucket: EngagementBucket }
  | {
      type: 'picture';
      streamId: string;
      seq: number;
      atMs: number;
      width: number;
      height: number;
      jpeg: Uint8Array;
    }
  | { type: 'probe:result'; requestId: string; result: ProbeResult | WorkerFailure }
  | { type: 'photo:result'; requestId: string; result: PhotoResult | WorkerFailure }
  | { type: 'photo:faces:result'; requestId: string; result: PhotoFacesResult | WorkerFailure };

export interface ReadyMessage {
  type: 'ready';
  pid: number;
  pack: string;
  /** Identifies the embedding space: templates of another space are never compared. */
  embeddingModel: string;
  embeddingLength: number;
  /** Cosine at which two photos are one person, at the false-accept rate of enrolment checks. */
  duplicateThreshold: number;
  ffmpeg: { path: string; version: string; warning: string | null };
}

export interface StreamStatus {
  streamId: string;
  state: StreamState;
  reason: StreamReason;
  /** For the log and the system administrator; without credentials. */
  detail: string;
  sinceMs: number;
  /** When the next attempt is due, while `reconnecting`. */
  retryAtMs: number | null;
  width: number | null;
  height: number | null;
  codec: string | null;
  /** Of the codec, in ffmpeg's words, where it is known. */
  profile?: string | null;
  framesSampled: number;
  framesDropped: number;
  load: LoadLevel;
}

export interface FaceIdentity {
  /** `pending`: votes are still collected; `unknown`: settled that it is nobody of the gallery. */
  state: 'pending' | 'unknown' | 'review' | 'sure';
  studentId: string | null;
  /** 0…1; calibrated so that 0.5 is the threshold of `review` and 0.8 that of `sure`. */
  confidence: number;
}

export interface FaceObservation {
  trackId: number;
  box: BoxPx;
  /** Detector score, 0…1. */
  score: number;
  identity: FaceIdentity;
  /** Degrees; yaw is positive with the nose towards the image's left, pitch positive upwards. Null: not read lately. */
  pose: { yaw: number; pitch: number; roll: number } | null;
  /** Null where the face could not be judged. */
  attentive: boolean | null;
  /** Present only where the policy allows emotion for individuals. */
  emotion?: { label: EmotionLabel; scores: number[] };
  /** P(a person, not a photo or a screen), 0…1, where it was asked for and has been read. A hint, never a ground. */
  liveness?: number;
}

export const EMOTION_LABELS = [
  'neutral',
  'happy',
  'sad',
  'angry',
  'fearful',
  'disgusted',
  'surprised',
] as const;
export type EmotionLabel = (typeof EMOTION_LABELS)[number];

export interface Observation {
  streamId: string;
  seq: number;
  atMs: number;
  /** Seconds since the first frame of the source: the file's own time, or the stream's uptime. */
  mediaTimeS: number;
  width: number;
  height: number;
  faces: FaceObservation[];
  stagesMs: Record<string, number>;
}

export interface IdentityDecision {
  streamId: string;
  trackId: number;
  studentId: string;
  verdict: 'sure' | 'review';
  confidence: number;
  /** Best cosine to the student's templates, and its distance to the runner-up. */
  score: number;
  margin: number;
  votes: number;
  /** When the face was first on camera, which is before the votes were settled. */
  firstSeenAtMs: number;
  decidedAtMs: number;
  /** The track's mean embedding, kept if a person says that it is not this student. */
  embedding: Float32Array;
  /** A small JPEG of the best face, for the person who reviews it; sent with `review` only, never stored. */
  face: Uint8Array | null;
}

/** Counts over one student and one stretch of time. `sampled` ≥ `seen` ≥ `judged` ≥ `attentive`. */
export interface EngagementCounts {
  studentId: string;
  framesSampled: number;
  framesSeen: number;
  framesJudged: number;
  framesAttentive: number;
  /** Frames whose eyes could be judged, and those with eyes closed; only meaningful over 60 s and more. */
  eyesJudged: number;
  eyesClosed: number;
  lastSeenAtMs: number;
  /** Sums of the seven scores and how many were added; absent where the policy says `off`. */
  emotionSums?: number[];
  emotionCount?: number;
}

/** Rolling view of the last minute, once a second. */
export interface StreamMetrics {
  streamId: string;
  atMs: number;
  windowMs: number;
  students: EngagementCounts[];
  unknownTracks: number;
  fps: number;
  load: LoadLevel;
}

/** One finished bucket of 10 s, to be kept. */
export interface EngagementBucket {
  streamId: string;
  startMs: number;
  lengthMs: number;
  students: EngagementCounts[];
}

export interface ProbeResult {
  ok: true;
  codec: string;
  width: number;
  height: number;
  fps: number | null;
  /** The first frame, JPEG. */
  snapshot: Uint8Array;
}

export type PhotoProblem =
  | 'not-a-photo'
  | 'photo-too-large'
  | 'no-face'
  | 'several-faces'
  | 'face-too-small'
  | 'face-too-blurred'
  | 'face-turned-away';

export interface PhotoResult {
  ok: true;
  face: {
    box: BoxPx;
    embedding: Float32Array;
    /** 0…1 from size, sharpness, pose and detector score. */
    quality: number;
    facePx: number;
  };
  /** Upright JPEG of the face with a margin, at most 480 px: what is kept of the photo, without its metadata. */
  thumbnail: Uint8Array;
  width: number;
  height: number;
}

export interface PhotoFacesOptions {
  /** The largest faces are kept where there are more. */
  maxFaces: number;
  /** Width of the picture in the answer, pixels; null: none. */
  pictureWidth: number | null;
  /** Students whose faces may be matched; null: nobody is. */
  gallery: GalleryEntry[] | null;
}

/** Who a face of a photo is. At most one face is a student's. */
export interface PhotoMatch {
  studentId: string;
  /** By the thresholds of one look in a video, and its confidence. */
  verdict: 'sure' | 'review';
  confidence: number;
  /** Cosine to the student, and its distance to the runner-up. */
  score: number;
  margin: number;
}

/** One face of a photo of several people. */
export interface PhotoFace {
  /** Pixels of the photo as the answer's `width` and `height` have it: upright, perhaps scaled down. */
  box: BoxPx;
  embedding: Float32Array;
  /** 0…1 from size, sharpness, pose and detector score. */
  quality: number;
  facePx: number;
  /** JPEG of the face with a margin, at most 480 px, without metadata. */
  thumbnail: Uint8Array;
  /** Why the face makes no template that it may be recognised by later; matching it may still succeed. */
  problem: 'face-too-small' | 'face-too-blurred' | 'face-turned-away' | null;
  /** Null: nobody of the gallery. */
  match: PhotoMatch | null;
}

export interface PhotoFacesResult {
  ok: true;
  /** From left to right; empty where the photo shows nobody. */
  faces: PhotoFace[];
  /** Faces that were found, before `maxFaces`. */
  found: number;
  width: number;
  height: number;
  /** The photo, upright, as JPEG without metadata: what boxes are drawn on. */
  picture: Uint8Array | null;
}

export interface WorkerFailure {
  ok: false;
  code: StreamReason | PhotoProblem | 'busy' | 'internal';
  message: string;
}
