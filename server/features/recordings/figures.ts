/** How the recordings of this server are getting on, and what they have done since its start. */
export interface RecordingFigures {
  recordings: number;
  states: Record<RecordingState, number>;
  /** Falls into each problem. */
  problems: Record<string, number>;
  segments: number;
  bytes: number;
}

/** `waiting`: its video is not there; `failing`: the disk does not take it. */
export type RecordingState = 'starting' | 'writing' | 'waiting' | 'failing';

/** Of the server's own making; others are the camera's trouble, which its banner and `camera.down` tell. */
const DISK = new Set(['disk-full', 'disk-failed']);
export const isDiskProblem = (problem: string | null): boolean => problem !== null && DISK.has(problem);

export interface Figures {
  wrote(bytes: number): void;
  fell(problem: string): void;
  read(running: Iterable<{ problem: string | null; segments: number }>): RecordingFigures;
}

export function createFigures(): Figures {
  const problems: Record<string, number> = {};
  let segments = 0;
  let bytes = 0;

  return {
    wrote(more) {
      segments++;
      bytes += more;
    },
    fell(problem) {
      problems[problem] = (problems[problem] ?? 0) + 1;
    },
    read(running) {
      const states: Record<RecordingState, number> = { starting: 0, writing: 0, waiting: 0, failing: 0 };
      let recordings = 0;
      for (const one of running) {
        recordings++;
        states[stateOf(one)]++;
      }
      return { recordings, states, problems: { ...problems }, segments, bytes };
    },
  };
}

function stateOf({ problem, segments }: { problem: string | null; segments: number }): RecordingState {
  if (problem !== null) return isDiskProblem(problem) ? 'failing' : 'waiting';
  return segments > 0 ? 'writing' : 'starting';
}
