import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeMarks } from '../../../tests/support/marks.ts';
import { startTestServer, type TestServer } from '../../../tests/support/server.ts';
import { type AbsenceQuery, absences } from './absences.ts';
import { refreshTallies } from './tallies.ts';

let server: TestServer;
let tenantId = '';
let courseId = '';
let ids: string[] = [];
/** Of the meetings in the order of their days. */
let sessions: string[] = [];
const ADMIN = { role: 'admin', userId: '', studentId: null } as const;
const NOW = Date.parse('2026-11-20T12:00:00Z');

beforeAll(async () => {
  server = await startTestServer({ students: 5, overrides: { clock: { now: () => NOW } } });
  tenantId = server.seeded!.tenantId;
  courseId = server.seeded!.courseId;
  ids = server.seeded!.students.map(({ id }) => id);
  sessions = await writeMarks(server.context, {
    tenantId,
    courseId,
    studentIds: ids,
    meetings: [
      ['2026-11-02', 'paeap'],
      ['2026-11-04', 'paapp'],
      ['2026-11-09', 'ppeaa'],
      ['2026-11-11', 'paapp'],
      ['2026-11-18', 'paepa'],
      ['2026-11-20', 'p??a?'],
    ],
  });
});
afterAll(() => server?.close());

const read = (query: Pick<AbsenceQuery, 'range' | 'sort'>) =>
  server.context.db.read(tenantId, (tx) =>
    absences(tx, { caller: ADMIN, threshold: 3, skip: 0, limit: 50, ...query }),
  );
const change = (statement: ReturnType<typeof sql>) =>
  server.context.db.tenant(tenantId, (tx) => tx.execute(statement));
const short = ({ items }: Awaited<ReturnType<typeof read>>) =>
  items.map((item) =>
    [
      item.studentNumber,
      item.absences,
      item.excused,
      item.currentStreak,
      item.longestStreak,
      item.longestFrom,
      item.longestUntil,
      item.warning,
    ].join(' '),
  );

/** Of whole courses: before and after they are counted anew, and from the records alone, both ways. */
async function found(): Promise<string[]> {
  const always = { from: '2000-01-01', until: '2100-01-01' };
  const before = await read({ range: null, sort: 'streak' });
  expect(await read({ range: always, sort: 'streak' })).toEqual(before);
  await server.context.db.tenant(tenantId, (tx) => refreshTallies(tx, tenantId));
  const [left] = await change(sql`
    select count(*)::int as n from stale_tallies x
    where not exists (select 1 from class_sessions s where s.id = x.session_id and s.status = 'open')`);
  expect(left).toEqual({ n: 0 });
  expect(await read({ range: null, sort: 'streak' })).toEqual(before);
  const byName = await read({ range: null, sort: 'name' });
  expect(await read({ range: always, sort: 'name' })).toEqual(byName);
  return short(byName);
}

describe('absences of whole courses', () => {
  it('are the same from what is kept and from the records, whatever happens to sessions and records', async () => {
    expect(await found()).toEqual([
      'S102 4 0 2 2 2026-11-11 2026-11-18 true',
      'S103 2 3 2 2 2026-11-04 2026-11-11 false',
      'S104 2 0 0 1 2026-11-09 2026-11-09 false',
      'S105 2 0 1 1 2026-11-18 2026-11-18 false',
    ]);
    // A correction.
    await change(sql`
      update attendance_records set status = 'absent' where session_id = ${sessions[2]} and student_id = ${ids[1]}`);
    expect((await found())[0]).toBe('S102 5 0 5 5 2026-11-02 2026-11-18 true');
    // The open session counts when it is closed.
    await change(sql`
      update attendance_records set status = 'absent' where session_id = ${sessions[5]} and status = 'pending'`);
    expect((await found())[0]).toBe('S102 5 0 5 5 2026-11-02 2026-11-18 true');
    await change(sql`update class_sessions set status = 'closed' where id = ${sessions[5]}`);
    expect(await found()).toEqual([
      'S102 6 0 6 6 2026-11-02 2026-11-20 true',
      'S103 3 3 3 3 2026-11-04 2026-11-20 true',
      'S104 3 0 1 1 2026-11-20 2026-11-20 true',
      'S105 3 0 2 2 2026-11-18 2026-11-20 true',
    ]);
  });

  it('know of moved and removed sessions, and of those without a record', async () => {
    // To the front: S104 came to what is the last one then.
    await change(sql`update class_sessions set starts_at = '2026-11-01T09:00:00Z' where id = ${sessions[5]}`);
    await change(sql`update attendance_records set day = '2026-11-01' where session_id = ${sessions[5]}`);
    expect((await found())[2]).toBe('S104 3 0 0 2 2026-11-01 2026-11-02 true');
    const [empty] = await writeMarks(server.context, {
      ...{ tenantId, courseId, studentIds: [] },
      meetings: [['2026-11-19', '']],
    });
    expect((await found())[0]).toBe('S102 6 0 0 6 2026-11-01 2026-11-18 true');
    await change(sql`delete from class_sessions where id = ${empty}`);
    expect((await found())[0]).toBe('S102 6 0 6 6 2026-11-01 2026-11-18 true');
    await change(sql`delete from class_sessions where id = ${sessions[0]}`);
    expect((await found())[0]).toBe('S102 5 0 5 5 2026-11-01 2026-11-18 true');
  });

  it('lose who is erased, and what is left of a course that others have missed stays', async () => {
    expect((await server.admin.call('DELETE', `/students/${ids[1]}`)).status).toBe(204);
    const [kept] = await change(
      sql`select count(*)::int as n from absence_tallies where student_id = ${ids[1]}`,
    );
    expect(kept).toEqual({ n: 0 });
    expect((await found()).map((line) => line.slice(0, 4))).toEqual(['S103', 'S104', 'S105']);
  });

  it('are what is meant without any day, and days are what is meant with them', async () => {
    type Answer = { range: object | null; items: { absences: number }[] };
    const of = async (query: string) =>
      (await server.admin.get<Answer>(`/reports/absences?sort=name${query}`)).body;
    expect(await of('')).toMatchObject({
      range: null,
      items: [{ absences: 3 }, { absences: 2 }, { absences: 3 }],
    });
    expect(await of('&from=2026-11-18')).toMatchObject({
      range: { from: '2026-11-18', until: '2026-11-20' },
      items: [{ absences: 1 }],
    });
  });
});
