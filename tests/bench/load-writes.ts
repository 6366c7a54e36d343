import type { Api } from '../support/server.ts';
import { descendantSeconds } from './process-cpu.ts';
import { percentile } from './table.ts';

export interface WriteFigure {
  name: string;
  p50: number;
  p95: number;
  cpuMs: number;
  requests: number;
}

/** What writing costs with all indexes, triggers, audit and events: classes opened, marked by hand one by one, closed. */
export async function benchWrites(api: Api, pid: number, connections: number): Promise<WriteFigure[]> {
  const { body } = await api.get<{ items: { id: string }[] }>(`/courses?limit=${connections}`);
  const courses = body.items.map(({ id }) => id);
  const opened = await timed('opening a session', courses, (courseId) =>
    expectOk(api.post<{ id: string }>('/sessions', { courseId, cameraIds: [] })),
  );
  const sessions = opened.answers.map(({ id }) => id);
  const classes = await Promise.all(
    sessions.map(async (id) => {
      const { body: page } = await api.get<{ items: { studentId: string }[] }>(`/sessions/${id}/attendance`);
      return page.items.map(({ studentId }) => ({ sessionId: id, studentId, status: 'present' }));
    }),
  );
  const marked = await timed('marking a student', classes, (mark) =>
    expectOk(api.post('/attendance/manual', mark)),
  );
  const closed = await timed('closing a session', sessions, (id) =>
    expectOk(api.post(`/sessions/${id}/close`)),
  );
  return [opened.figure, marked.figure, closed.figure];

  /** The lists side by side, each item of a list after the one before it. */
  async function timed<T, R>(name: string, lists: readonly (T | T[])[], send: (item: T) => Promise<R>) {
    const times: number[] = [];
    const answers: R[] = [];
    const cpu = descendantSeconds(pid);
    await Promise.all(
      lists.map(async (list) => {
        for (const item of Array.isArray(list) ? list : [list]) {
          const started = performance.now();
          answers.push(await send(item));
          times.push(performance.now() - started);
        }
      }),
    );
    const cpuMs = ((descendantSeconds(pid) - cpu) * 1000) / times.length;
    const figure = {
      name,
      p50: percentile(times, 0.5),
      p95: percentile(times, 0.95),
      cpuMs,
      requests: times.length,
    };
    return { figure, answers };
  }
}

async function expectOk<T>(answer: Promise<{ status: number; body: T }>): Promise<T> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}
