/** The live summary in the terminal: drawn in place on a terminal, one line a change elsewhere. */
import type { Watched } from './watch.ts';

const SIGNS: Record<string, string> = { present: '●', late: '◐', excused: '○', absent: '×', pending: '·' };
const COLOURS: Record<string, string> = {
  present: '32',
  late: '33',
  excused: '36',
  absent: '31',
  pending: '90',
};
const REDRAW_MS = 250;

export interface Screen {
  update(seen: Watched): void;
  close(): void;
}

export function createScreen(stream: NodeJS.WriteStream = process.stdout): Screen {
  return stream.isTTY ? liveScreen(stream) : plainScreen(stream);
}

function plainScreen(stream: NodeJS.WriteStream): Screen {
  const said = new Map<string, string>();
  let state = '';
  return {
    update(seen) {
      if (seen.streamState !== state) {
        state = seen.streamState;
        stream.write(`camera: ${state}\n`);
      }
      for (const { studentId, number, name, record } of seen.students) {
        const status = record?.status ?? 'pending';
        if ((said.get(studentId) ?? 'pending') === status) continue;
        said.set(studentId, status);
        stream.write(`${status}: ${number} ${name}\n`);
      }
    },
    close() {},
  };
}

function liveScreen(stream: NodeJS.WriteStream): Screen {
  let lines = 0;
  let last: Watched | null = null;
  let timer: NodeJS.Timeout | null = null;
  const draw = () => {
    timer = null;
    if (!last) return;
    const text = describe(last, stream.columns ?? 80);
    stream.write(`${lines > 0 ? `\x1b[${lines}A` : ''}\x1b[0J${text.join('\n')}\n`);
    lines = text.length;
  };
  return {
    update(seen) {
      last = seen;
      timer ??= setTimeout(draw, REDRAW_MS);
    },
    close() {
      if (timer) clearTimeout(timer);
      draw();
    },
  };
}

function describe(seen: Watched, columns: number): string[] {
  const attentionOf = new Map(seen.metrics?.students.map((student) => [student.studentId, student]) ?? []);
  const rows = seen.students.map(({ studentId, number, name, record }) => {
    const status = record?.status ?? 'pending';
    const attention = attentionOf.get(studentId)?.attention ?? null;
    const bar =
      attention === null ? '' : `${percent(attention).padStart(4)} ${'▮'.repeat(Math.round(attention * 10))}`;
    const text = `  ${SIGNS[status]} ${number}  ${name.padEnd(18)} ${status.padEnd(9)} ${bar}`.slice(
      0,
      columns - 1,
    );
    return `\x1b[${COLOURS[status]}m${text}\x1b[0m`;
  });
  const whole = seen.metrics?.class;
  const attention = whole?.attention == null ? '–' : percent(whole.attention);
  const strangers = seen.faces?.faces.filter(({ state }) => state === 'unknown').length ?? 0;
  return [
    `  camera ${seen.streamState} · faces ${seen.faces?.faces.length ?? 0} · unknown ${strangers} · to review ${seen.reviews}`,
    `  class attention ${attention} · coverage ${whole ? percent(whole.coverage) : '–'}`.slice(
      0,
      columns - 1,
    ),
    '',
    ...rows,
    '',
    '  Ctrl-C ends the demo',
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
