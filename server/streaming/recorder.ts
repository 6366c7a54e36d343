import type { FromWorker, RecordingSpec, SourceSpec } from '../../pipeline/messages.ts';
import type { WorkerSlot } from './worker-slot.ts';

export type RecordingMessage = Extract<FromWorker, { recordingId: string } | { type: 'recording:segment' }>;

/**
 * The recordings of the pipeline workers: each on one worker, sent again to its successor with the number that follows
 * the last segment that was told of.
 */
export interface RecorderDesk {
  start(spec: RecordingSpec): void;
  setSource(recordingId: string, source: SourceSpec): void;
  /** `recording:ended` follows, also where the worker is gone. */
  stop(recordingId: string): void;
  onReady(worker: number): void;
  onExit(worker: number): void;
  /** True where the message was about a recording. */
  onMessage(message: FromWorker): boolean;
  count(): number;
}

interface Held {
  spec: RecordingSpec;
  worker: number;
  nextSeq: number;
  stopping: boolean;
}

export function createRecorderDesk(
  slots: WorkerSlot[],
  tell: (message: RecordingMessage) => void,
): RecorderDesk {
  const held = new Map<string, Held>();

  function send({ spec, worker, nextSeq }: Held): void {
    slots[worker]!.send({ type: 'recording:start', recording: { ...spec, firstSeq: nextSeq } });
  }

  function leastLoaded(): number {
    const load = slots.map(() => 0);
    for (const { worker } of held.values()) load[worker]!++;
    return load.indexOf(Math.min(...load));
  }

  function end(recordingId: string): void {
    if (held.delete(recordingId)) tell({ type: 'recording:ended', recordingId });
  }

  return {
    start(spec) {
      if (held.has(spec.recordingId)) return;
      const started: Held = { spec, worker: leastLoaded(), nextSeq: spec.firstSeq, stopping: false };
      held.set(spec.recordingId, started);
      if (slots[started.worker]!.isReady()) send(started);
    },
    setSource(recordingId, source) {
      const known = held.get(recordingId);
      if (!known) return;
      known.spec = { ...known.spec, source };
      slots[known.worker]!.send({ type: 'recording:source', recordingId, source });
    },
    stop(recordingId) {
      const known = held.get(recordingId);
      if (!known || known.stopping) return;
      known.stopping = true;
      if (!slots[known.worker]!.send({ type: 'recording:stop', recordingId })) end(recordingId);
    },
    onReady(worker) {
      for (const known of held.values()) if (known.worker === worker && !known.stopping) send(known);
    },
    onExit(worker) {
      for (const [recordingId, known] of [...held]) {
        if (known.worker !== worker) continue;
        if (known.stopping) end(recordingId);
        else tell({ type: 'recording:status', recordingId, problem: 'worker-restarted' });
      }
    },
    onMessage(message) {
      switch (message.type) {
        case 'recording:segment': {
          const known = held.get(message.segment.recordingId);
          if (known) known.nextSeq = message.segment.seq + 1;
          tell(message);
          return true;
        }
        case 'recording:ended':
          end(message.recordingId);
          return true;
        case 'recording:status':
        case 'recording:rtp':
        case 'recording:key-frame':
          if (held.has(message.recordingId)) tell(message);
          return true;
        default:
          return false;
      }
    },
    count: () => held.size,
  };
}
