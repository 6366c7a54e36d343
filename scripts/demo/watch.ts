/** Watches an open session the way a dashboard does, and keeps what is needed to judge it. */
import { once } from 'node:events';
import { io } from 'socket.io-client';
import type { AttendanceRecord } from '../../server/features/attendance/schemas.ts';
import type { Metrics, Snapshot } from '../../server/features/sessions/schemas.ts';
import type { Faces, JoinAnswer } from '../../server/realtime/topics.ts';

export interface Watched {
  /** In the order of the roster. */
  students: { studentId: string; name: string; number: string; record: AttendanceRecord | null }[];
  metrics: Metrics | null;
  metricsReceived: number;
  /** When each student's mark was announced; epoch milliseconds. */
  markedAtMs: Map<string, number>;
  /** Milliseconds from the capture of a frame to its faces arriving here. */
  latenciesMs: number[];
  /** The last faces, and all faces that bore a name. */
  faces: Faces | null;
  framesReceived: number;
  streamState: string;
  reviews: number;
}

export interface Watcher {
  readonly seen: Watched;
  close(): void;
}

const MOST_LATENCIES = 100_000;

export async function watchSession(options: {
  url: string;
  token: string;
  sessionId: string;
  onChange(seen: Watched): void;
  onFaces(faces: Faces): void;
}): Promise<Watcher> {
  const { url, token, sessionId, onChange, onFaces } = options;
  const socket = io(`${url}/live`, { auth: { token }, transports: ['websocket'] });
  const seen: Watched = {
    students: [],
    metrics: null,
    metricsReceived: 0,
    markedAtMs: new Map(),
    latenciesMs: [],
    faces: null,
    framesReceived: 0,
    streamState: 'connecting',
    reviews: 0,
  };
  const take = (snapshot: Snapshot) => {
    seen.students = snapshot.roster.map(({ studentId, name, number, record }) => ({
      studentId,
      name,
      number,
      record,
    }));
    seen.reviews = snapshot.reviews.length;
    seen.streamState = snapshot.streams[0]?.state ?? seen.streamState;
    onChange(seen);
  };
  const mark = ({ record }: { record: AttendanceRecord }) => {
    const student = seen.students.find(({ studentId }) => studentId === record.studentId);
    if (student) student.record = record;
    onChange(seen);
  };
  socket.on('attendance:marked', (event: { record: AttendanceRecord }) => {
    seen.markedAtMs.set(event.record.studentId, Date.now());
    mark(event);
  });
  socket.on('attendance:changed', mark);
  socket.on('review:asked', () => {
    seen.reviews += 1;
    onChange(seen);
  });
  socket.on('review:settled', () => {
    seen.reviews = Math.max(0, seen.reviews - 1);
    onChange(seen);
  });
  socket.on('stream:status', ({ state }: { state: string }) => {
    seen.streamState = state;
    onChange(seen);
  });
  socket.on('session:metrics', (metrics: Metrics) => {
    seen.metrics = metrics;
    seen.metricsReceived += 1;
    onChange(seen);
  });
  socket.on('session:faces', (faces: Faces) => {
    if (seen.latenciesMs.length < MOST_LATENCIES) seen.latenciesMs.push(Date.now() - faces.atMs);
    seen.faces = faces;
    seen.framesReceived += 1;
    onFaces(faces);
  });
  try {
    await once(socket as unknown as NodeJS.EventEmitter, 'connect', { signal: AbortSignal.timeout(10_000) });
    const answer = (await socket.timeout(10_000).emitWithAck('session:join', { sessionId })) as JoinAnswer;
    if (!answer.ok) throw new Error(`the session cannot be joined: ${answer.error.message}`);
    take(answer.snapshot);
  } catch (error) {
    socket.close();
    throw error;
  }
  // a connection that was lost joins again
  socket.on('connect', () => {
    socket.emit('session:join', { sessionId }, (answer: JoinAnswer) => {
      if (answer.ok) take(answer.snapshot);
    });
  });
  return { seen, close: () => socket.close() };
}
