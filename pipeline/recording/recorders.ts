import type { ToWorker } from '../messages.ts';
import { createRecorder, type Recorder, type RecorderOptions } from './recorder.ts';

/** The recordings of one worker. */
export interface Recorders {
  /** True where the message was about a recording. */
  receive(message: ToWorker): boolean;
  close(): Promise<void>;
}

export function createRecorders(options: RecorderOptions): Recorders {
  const running = new Map<string, Recorder>();
  const stopping = new Set<Promise<void>>();

  function stop(recordingId: string): void {
    const recorder = running.get(recordingId);
    if (!recorder) return;
    running.delete(recordingId);
    const done = recorder.stop().finally(() => stopping.delete(done));
    stopping.add(done);
  }

  return {
    receive(message) {
      switch (message.type) {
        case 'recording:start': {
          const { recording } = message;
          const known = running.get(recording.recordingId);
          if (known) known.setSource(recording.source);
          else running.set(recording.recordingId, createRecorder(recording, options));
          return true;
        }
        case 'recording:source':
          running.get(message.recordingId)?.setSource(message.source);
          return true;
        case 'recording:stop':
          stop(message.recordingId);
          return true;
        default:
          return false;
      }
    },
    async close() {
      for (const recordingId of [...running.keys()]) stop(recordingId);
      await Promise.all(stopping);
    },
  };
}
