import type { FaceModels } from '../models/face-models.ts';
import type { Landmarks } from '../models/landmarks.ts';
import { thresholdAt } from '../models/manifest.ts';
import type { Frame } from './frame.ts';
import { createGallery, type Gallery } from './gallery.ts';
import type { GalleryEntry, Purposes } from './messages.ts';
import { type Candidate, plan, type Rates, SMALLEST_FACES, type Task } from './scheduler.ts';
import { readEmotions } from './stages/affect.ts';
import { readEyes, readPoses } from './stages/attention.ts';
import { type DetectedFace, detectFaces } from './stages/detect.ts';
import { type EmbeddedFace, embedFaces, facePx } from './stages/identify.ts';
import { readLiveness } from './stages/liveness.ts';
import { locateLandmarks } from './stages/locate.ts';
import { cutFace, newTrackedFace, type TrackedFace } from './tracked-face.ts';
import { createIdentityMemory } from './tracking/identity-memory.ts';
import { type IdentityPolicy, identityPolicy } from './tracking/identity-policy.ts';
import { createTracker } from './tracking/tracker.ts';

export interface FacePipelineOptions {
  gallery: readonly GalleryEntry[];
  purposes: Purposes;
  /** Width that detection starts at; 0 is the frame's own. */
  detectWidth: number;
  firstTrackId: number;
}

export interface FrameResult {
  /** Confirmed tracks that this frame shows. */
  faces: TrackedFace[];
  /** Confirmed tracks that ended before this frame. */
  ended: TrackedFace[];
  /** Milliseconds by stage. */
  stagesMs: Record<string, number>;
}

/** What happens to one stream's frames, one after another: from pixels to tracks with identities and readings. */
export interface FacePipeline {
  process(frame: Frame, rates: Rates): Promise<FrameResult>;
  setGallery(gallery: readonly GalleryEntry[]): void;
  /** A person's word; false when the track is gone. */
  verdict(trackId: number, studentId: string, verdict: 'confirmed' | 'rejected'): boolean;
  /** Confirmed tracks alive. */
  alive(): TrackedFace[];
  policy(): IdentityPolicy;
}

export function createFacePipeline(models: FaceModels, options: FacePipelineOptions): FacePipeline {
  const { purposes } = options;
  const tracker = createTracker({ firstTrackId: options.firstTrackId });
  const faces = new Map<number, TrackedFace>();
  const memory = createIdentityMemory();
  /** Where each student sat and how the head was held there, for tracks that come back. */
  const seats = new Map<string, TrackedFace>();
  let gallery: Gallery = createGallery(options.gallery, models.embeddingLength);
  let policy = policyFor(models, gallery);

  const { eyes, headPose, emotion } = models.calibration.minReadingPx;
  const smallest = { ...SMALLEST_FACES, eyes, pose: headPose, emotion };
  const tasks = new Set<Task>();
  if (purposes.identify) tasks.add('embed');
  if (purposes.attention && models.headPose) tasks.add('pose');
  if (purposes.attention && models.eyes && models.landmarks) tasks.add('eyes');
  if (purposes.emotion !== 'off' && models.landmarks) tasks.add('emotion');
  if (purposes.liveness && models.liveness) tasks.add('liveness');

  const faceOf = (trackId: number): TrackedFace => faces.get(trackId)!;

  let size: { width: number; height: number } | null = null;

  /** A browser sends a smaller picture when its line is slow: who sat at a place sits there still. */
  function fitTo({ width, height }: Frame): void {
    if (size && (size.width !== width || size.height !== height))
      tracker.rescale(width / size.width, height / size.height);
    size = { width, height };
  }

  async function track(frame: Frame, detected: DetectedFace[]): Promise<TrackedFace[]> {
    fitTo(frame);
    const detections: (DetectedFace & { embedding?: Float32Array })[] = detected;
    const doubtful = purposes.identify ? tracker.doubtful(detections, frame.atMs).slice(0, 4) : [];
    if (doubtful.length > 0) {
      const embedded = await embedFaces(
        models,
        frame,
        doubtful.map((i) => detections[i]!),
      );
      for (const [k, i] of doubtful.entries()) {
        const vector = embedded[k]?.faceLike ? embedded[k]?.vector : undefined;
        if (vector) detections[i] = { ...detections[i]!, embedding: vector };
      }
    }
    const { trackOf, ended } = tracker.update(detections, frame.atMs);
    for (const found of trackOf) {
      if (found && !faces.has(found.id)) faces.set(found.id, newTrackedFace(found));
    }
    return ended.flatMap((gone) => {
      const face = faces.get(gone.id);
      faces.delete(gone.id);
      return face && gone.state === 'confirmed' ? [face] : [];
    });
  }

  const visible = (): TrackedFace[] =>
    [...faces.values()].filter(({ track: t }) => t.visible && t.state === 'confirmed');

  /** @returns the track that ended because its face turned into another person's. */
  function vote(face: TrackedFace, embedded: EmbeddedFace, frame: Frame): TrackedFace | null {
    face.lastMs.embed = frame.atMs;
    if (!embedded.faceLike) {
      face.notFaceLike++;
      return null;
    }
    face.faceLike++;
    face.track.inDoubt = false;
    const { quality, vector } = embedded;
    const verdict = face.votes.add(
      { vector, quality, facePx: facePx(face.track.box), atMs: frame.atMs },
      gallery,
    );
    if (verdict === 'doubted') face.track.inDoubt = true;
    if (verdict === 'switched') return successor(face, frame);
    face.track.appearance = face.votes.fused();
    const undecided = face.votes.standing().state !== 'sure';
    if (undecided && quality > (face.best?.quality ?? -1) + 0.05) {
      face.best = { quality, image: cutFace(frame, face.track.box) };
    }
    return null;
  }

  function successor(face: TrackedFace, frame: Frame): TrackedFace {
    const first = face.votes.startAgain();
    const sinceMs = first[0]?.atMs ?? frame.atMs;
    const next = newTrackedFace(tracker.split(face.track, sinceMs));
    next.lastMs = { ...face.lastMs };
    next.continues = face.track.unbrokenSinceMs <= face.votes.lastMs ? face.track.id : null;
    next.faceLike = first.length;
    for (const held of first) next.votes.add(held, gallery);
    next.track.appearance = next.votes.fused();
    faces.delete(face.track.id);
    faces.set(next.track.id, next);
    face.track.visible = false;
    face.track.lastSeenMs = Math.min(face.track.lastSeenMs, sinceMs);
    return face;
  }

  /** Weighs every visible track again; the best claim to a student wins, the others do without. */
  function decide(): void {
    const claims = visible()
      .filter((face) => face.votes.looks.count() > 0)
      .map((face) => ({ face, before: face.votes.standing() }))
      .sort((a, b) => strength(b.before) - strength(a.before));
    const taken = new Set<string>();
    for (const { face, before } of claims) {
      const around = {
        taken,
        remembered: (studentId: string, vector: Float32Array) =>
          memory.remembered(studentId, vector, face.track.id),
      };
      const standing = face.votes.decide(gallery, policy, around);
      if (before.state === 'sure' && standing.studentId !== before.studentId)
        memory.forgetTrack(face.track.id);
      if (standing.state !== 'sure' || standing.studentId === null) continue;
      taken.add(standing.studentId);
      face.best = null;
      memory.keep(standing.studentId, face.track.id, face.votes.looks);
      takeSeat(standing.studentId, face);
    }
  }

  function takeSeat(studentId: string, face: TrackedFace): void {
    const before = seats.get(studentId);
    seats.set(studentId, face);
    if (!before || before === face || before.track.visible) return;
    const [x0, y0, w0] = before.track.box;
    const [x1, y1] = face.track.box;
    if (Math.hypot(x1 - x0, y1 - y0) < 2 * w0) face.judge = before.judge;
  }

  async function read(frame: Frame, rates: Rates, stagesMs: Record<string, number>): Promise<TrackedFace[]> {
    const due = plan(visible().map(candidateOf), rates, tasks, smallest, frame.atMs);
    const ended: TrackedFace[] = [];
    const timed = timer(stagesMs);

    const needPoints = [...new Set([...due.embed, ...due.eyes, ...due.emotion])];
    const points = new Map<number, Landmarks>();
    if (needPoints.length > 0) {
      const located = await timed('landmarks', () =>
        locateLandmarks(
          models,
          frame,
          needPoints.map((id) => faceOf(id).track.box),
        ),
      );
      for (const [i, found] of located.entries()) points.set(needPoints[i]!, found);
    }
    const withPoints = (ids: readonly number[]) => ids.filter((id) => points.has(id));
    const pointsOf = (ids: readonly number[]): Landmarks[] => ids.map((id) => points.get(id)!);

    if (due.pose.length > 0) {
      const poses = await timed('pose', () =>
        readPoses(
          models,
          frame,
          due.pose.map((id) => faceOf(id).track.box),
        ),
      );
      for (const [i, pose] of poses.entries()) {
        const face = faceOf(due.pose[i]!);
        face.lastMs.pose = frame.atMs;
        face.judge.addPose(pose, frame.atMs);
      }
    }
    const eyesOf = withPoints(due.eyes);
    if (eyesOf.length > 0) {
      const eyes = await timed('eyes', () => readEyes(models, frame, pointsOf(eyesOf)));
      for (const [i, reading] of eyes.entries()) {
        const face = faceOf(eyesOf[i]!);
        face.lastMs.eyes = frame.atMs;
        face.judge.addEyes(reading, frame.atMs);
      }
    }
    const emotionOf = withPoints(due.emotion);
    if (emotionOf.length > 0) {
      const emotions = await timed('emotion', () => readEmotions(models, frame, pointsOf(emotionOf)));
      for (const [i, scores] of emotions.entries()) {
        const face = faceOf(emotionOf[i]!);
        face.lastMs.emotion = frame.atMs;
        face.emotion = { scores: Array.from(scores), atMs: frame.atMs };
      }
    }
    if (due.liveness.length > 0) {
      const scores = await timed('liveness', () =>
        readLiveness(
          models,
          frame,
          due.liveness.map((id) => faceOf(id).track.box),
        ),
      );
      for (const [i, score] of scores.entries()) {
        const face = faceOf(due.liveness[i]!);
        face.lastMs.liveness = frame.atMs;
        face.liveness = score;
      }
    }
    // Last, for a track may end here and go on as another.
    if (due.embed.length > 0) {
      const embedded = await timed('embed', () =>
        embedFaces(
          models,
          frame,
          due.embed.map((id) => ({ box: faceOf(id).track.box, score: faceOf(id).track.score, points: null })),
          due.embed.map((id) => points.get(id)),
        ),
      );
      for (const [i, face] of embedded.entries()) {
        const gone = face ? vote(faceOf(due.embed[i]!), face, frame) : null;
        if (gone) ended.push(gone);
      }
    }
    return ended;
  }

  return {
    async process(frame, rates) {
      const stagesMs: Record<string, number> = {};
      const timed = timer(stagesMs);
      const width = options.detectWidth > 0 ? Math.min(options.detectWidth, frame.width) : frame.width;
      const detected = await timed('detect', () =>
        detectFaces(models, frame, {
          width: Math.round(width * rates.detectScale),
          known: tracker.tracks().flatMap((t) => (t.state === 'confirmed' ? [t.box] : [])),
        }),
      );
      const ended = await timed('track', () => track(frame, detected));
      ended.push(...(await read(frame, rates, stagesMs)));
      if (purposes.identify) await timed('decide', async () => decide());
      return { faces: visible(), ended, stagesMs };
    },
    setGallery(entries) {
      gallery = createGallery(entries, models.embeddingLength);
      policy = policyFor(models, gallery);
      const ids = new Set(gallery.studentIds);
      memory.retain(ids);
      for (const id of seats.keys()) if (!ids.has(id)) seats.delete(id);
      for (const face of faces.values()) face.votes.retain(ids);
    },
    verdict(trackId, studentId, verdict) {
      const face = faces.get(trackId);
      if (!face) return false;
      if (verdict === 'confirmed') {
        face.votes.confirm(studentId);
        memory.keep(studentId, trackId, face.votes.looks);
        return true;
      }
      const fused = face.votes.fused();
      if (fused) gallery.addNegative(studentId, fused);
      face.votes.reject(studentId);
      memory.forgetTrack(trackId);
      return true;
    },
    alive: () => [...faces.values()].filter(({ track: t }) => t.state === 'confirmed'),
    policy: () => policy,
  };
}

function policyFor(models: FaceModels, gallery: Gallery): IdentityPolicy {
  return identityPolicy((far) => thresholdAt(models.calibration, far), gallery.rows);
}

function strength(standing: { state: string; confidence: number; score: number }): number {
  if (standing.confidence >= 1 && standing.state === 'sure') return 3;
  return (standing.state === 'sure' ? 0.05 : 0) + standing.score;
}

function candidateOf(face: TrackedFace): Candidate {
  const { state } = face.votes.standing();
  return {
    trackId: face.track.id,
    facePx: facePx(face.track.box),
    quality: face.track.score,
    decided: state === 'sure',
    settled: state === 'unknown' || state === 'review' || face.notFaceLike > 3 + face.faceLike,
    inDoubt: face.track.inDoubt,
    hasBaseline: face.judge.baseline() !== null,
    lastMs: face.lastMs,
  };
}

function timer(stagesMs: Record<string, number>) {
  return async <T>(stage: string, work: () => Promise<T>): Promise<T> => {
    const before = performance.now();
    const result = await work();
    stagesMs[stage] = (stagesMs[stage] ?? 0) + performance.now() - before;
    return result;
  };
}
