/** The shapes of the API, by the names that this client uses for them. */

export type Role = 'sysadmin' | 'admin' | 'teacher' | 'student';

export interface User {
  id: string;
  email: string;
  name: string;
  role: Role;
  locale: string | null;
  tenantId: string | null;
}

export interface TokenAnswer {
  access_token: string;
  token_type: string;
  expires_in: number;
  refresh_token: string;
  user: User;
}

export interface Page<T> {
  total: number;
  skip: number;
  limit: number;
  items: T[];
}

export interface Tenant {
  name: string;
  locale: string;
  timezone: string;
  policy: string;
}

export interface Student {
  id: string;
  number: string;
  name: string;
  email: string | null;
  faceTemplates: number;
  consents: { face: boolean; emotion: boolean };
}

export interface FaceTemplate {
  id: string;
  quality: number;
  facePx: number;
  createdAt: string;
}

export interface CourseRules {
  lateAfterMinutes: number;
  minPresenceShare: number;
  graceMinutes: number;
}

export interface Course {
  id: string;
  code: string;
  name: string;
  semester: string | null;
  rules: CourseRules;
}

export type Sampling = { mode: 'fps'; fps: number } | { mode: 'keyframes' };

export interface Camera {
  id: string;
  name: string;
  room: string | null;
  url: string;
  sampling: Sampling;
  enabled: boolean;
  status: string | null;
}

export interface ProbeAnswer {
  codec: string;
  width: number;
  height: number;
  fps: number | null;
}

export type StreamState = 'connecting' | 'live' | 'stalled' | 'reconnecting' | 'failed' | 'ended';
export type LoadLevel =
  | 'full'
  | 'less-emotion'
  | 'less-pose'
  | 'less-embedding'
  | 'smaller-detection'
  | 'fewer-frames';
export type AttendanceStatus = 'pending' | 'present' | 'late' | 'excused' | 'absent';
/** What a person may set; `pending` is only ever the machine's. */
export type MarkStatus = Exclude<AttendanceStatus, 'pending'>;

export interface SessionCamera {
  streamId: string;
  cameraId: string;
  name: string;
  state: StreamState;
  reason: string;
}

export interface SessionPolicy {
  name: string;
  emotion: 'off' | 'class' | 'individual';
}

export interface ClassSession {
  id: string;
  course: { id: string; code: string; name: string };
  status: 'open' | 'closed';
  startsAt: string;
  openedAt: string | null;
  closedAt: string | null;
  cameras: SessionCamera[];
  policy: SessionPolicy;
  counts: Record<AttendanceStatus | 'review', number>;
}

export interface AttendanceRecord {
  id: string;
  sessionId: string;
  studentId: string;
  studentName: string;
  studentNumber: string;
  status: AttendanceStatus;
  method: 'face' | 'qr' | 'manual' | 'import' | null;
  confidence: number | null;
  firstSeenAt: string | null;
  lastSeenAt: string | null;
  secondsSeen: number;
  correctedBy: string | null;
  version: number;
}

export interface Review {
  id: string;
  sessionId: string;
  streamId: string;
  trackId: number;
  studentId: string;
  studentName: string;
  confidence: number;
  askedAt: string;
  status: 'open' | 'confirmed' | 'rejected' | 'obsolete';
  hasFace: boolean;
}

export type Band = 'low' | 'middle' | 'high';

export interface LiveFace {
  trackId: number;
  box: readonly [x: number, y: number, width: number, height: number];
  score: number;
  state: 'pending' | 'unknown' | 'review' | 'sure';
  studentId: string | null;
  name: string | null;
  confidence: number;
  attentive: boolean | null;
}

export interface FacesEvent {
  sessionId: string;
  streamId: string;
  seq: number;
  atMs: number;
  width: number;
  height: number;
  faces: LiveFace[];
}

export interface PictureEvent {
  sessionId: string;
  streamId: string;
  seq: number;
  atMs: number;
  width: number;
  height: number;
  jpeg: ArrayBuffer;
}

export interface StudentMetrics {
  studentId: string;
  attention: number | null;
  coverage: number;
  band: Band | null;
  eyesClosedShare: number | null;
  lastSeenAt: string | null;
}

export interface MetricsEvent {
  sessionId: string;
  atMs: number;
  class: { attention: number | null; coverage: number; present: number; expected: number; band: Band | null };
  students: StudentMetrics[];
}

export interface StreamStatusEvent {
  streamId: string;
  cameraId: string;
  state: StreamState;
  reason: string;
  since: string;
  retryAt: string | null;
  width: number | null;
  height: number | null;
  load: LoadLevel;
}

export interface HistoryPoint {
  atMs: number;
  attention: number | null;
  coverage: number;
}

export interface RosterEntry {
  studentId: string;
  name: string;
  number: string;
  hasFace: boolean;
  record: AttendanceRecord | null;
}

export interface LiveSnapshot {
  session: ClassSession;
  roster: RosterEntry[];
  reviews: Review[];
  streams: StreamStatusEvent[];
  metrics: MetricsEvent | null;
  history: HistoryPoint[];
  seq: number;
}

export interface AlertEvent {
  code: string;
  message?: string;
}

/** What the server sends on the `/live` namespace. */
export interface LiveEvents {
  'session:snapshot': LiveSnapshot;
  'session:faces': FacesEvent;
  'session:picture': PictureEvent;
  'session:metrics': MetricsEvent;
  'attendance:marked': { record: AttendanceRecord };
  'attendance:changed': { record: AttendanceRecord };
  'review:asked': { review: Review };
  'review:settled': { review: Review };
  'stream:status': StreamStatusEvent;
  'session:closed': { sessionId: string };
  alert: AlertEvent;
}
