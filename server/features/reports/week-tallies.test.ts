import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeMarks } from '../../../tests/support/marks.ts';
import { startTestServer, type TestServer } from '../../../tests/support/server.ts';
import type { Tx } from '../../db/tenancy.ts';
import { addDays, type DayRange } from './periods.ts';
import { countAllWeeks, refreshTallies } from './tallies.ts';
import { attendanceByStudent } from './week-tallies.ts';

let server: TestServer;
let tenantId = '';
let ids: string[] = [];
/** Of the meetings in the order of their days. */
let sessions: string[] = [];
/** A Friday. */
const TODAY = '2026-11-20';

beforeAll(async () => {
  server = await startTestServer({
    students: 4,
    overrides: { clock: { now: () => Date.parse(`${TODAY}T12:00:00Z`) } },
  });
  tenantId = server.seeded!.tenantId;
  ids = server.seeded!.students.map(({ id }) => id);
  sessions = await writeMarks(server.context, {
    ...{ tenantId, courseId: server.seeded!.courseId, studentIds: ids },
    meetings: [
      ['2026-10-26', 'paea'],
      ['2026-11-01', 'laap'],
      ['2026-11-02', 'ppea'],
      ['2026-11-08', 'paap'],
      ['2026-11-11', 'paa '],
      ['2026-11-16', 'aaap'],
    ],
  });
});
afterAll(() => server?.close());

const inTenant = <T>(work: (tx: Tx) => Promise<T>) => server.context.db.tenant(tenantId, work);
const change = (statement: ReturnType<typeof sql>) => inTenant((tx) => tx.execute(statement));
const night = async () => {
  await inTenant((tx) => refreshTallies(tx, tenantId));
  return countAllWeeks(server.context, tenantId, TODAY);
};
const weeks = async () =>
  (await change(sql`select week::text as week from counted_weeks order by week`)).map(({ week }) => week);

const RANGES: DayRange[] = [
  { from: '2026-01-01', until: '2026-12-31' },
  { from: '2026-10-27', until: '2026-11-16' },
  { from: '2026-11-02', until: '2026-11-08' },
  { from: '2026-11-03', until: '2026-11-08' },
  { from: '2026-11-02', until: '2026-11-07' },
  { from: '2026-11-08', until: '2026-11-08' },
  { from: '2026-10-27', until: '2026-10-31' },
  { from: '2026-10-28', until: '2026-11-01' },
  { from: '2026-11-11', until: '2026-11-11' },
];

/** As `came-absent` of each student, for each range; throws where it is not what the records say. */
async function read(ranges = RANGES): Promise<string[]> {
  const lines: string[] = [];
  for (const range of ranges) {
    const found = await inTenant((tx) => tx.execute(attendanceByStudent(range)));
    const records = await change(sql`
      select student_id, (count(*) filter (where status in ('present', 'late')))::int as came,
        (count(*) filter (where status = 'absent'))::int as absent
      from attendance_records where day between ${range.from}::date and ${range.until}::date group by student_id`);
    const byId = (rows: readonly Record<string, unknown>[]) =>
      new Map(rows.map((row) => [row.student_id, `${row.came}-${row.absent}`]));
    expect(byId(found)).toEqual(byId(records));
    lines.push(ids.map((id) => byId(found).get(id) ?? '').join(' '));
  }
  return lines;
}

describe('attendance by student and week', () => {
  it('is what the records say before and after weeks are counted, whatever the range begins and ends with', async () => {
    const before = await read();
    expect(before[0]).toBe('5-1 1-5 0-4 3-2');
    expect(await weeks()).toEqual([]);
    // This week is not over.
    expect(await night()).toBe(3);
    expect(await weeks()).toEqual(['2026-10-26', '2026-11-02', '2026-11-09']);
    expect(await read()).toEqual(before);
    expect(await night()).toBe(0);
  });

  it('is what the records say from every day to every other', async () => {
    const days = Array.from({ length: 26 }, (_, n) => addDays('2026-10-24', n));
    const ranges = days.flatMap((from, n) => days.slice(n).map((until) => ({ from, until })));
    expect(await read(ranges)).toHaveLength(351);
  }, 30_000);

  it('reads whole weeks as they were counted', async () => {
    const [kept] = await change(sql`
      select came, absent from student_weeks where week = '2026-11-02' and student_id = ${ids[0]}`);
    // Monday's and Sunday's.
    expect(kept).toEqual({ came: [1, 1, 1, 1, 1, 1, 2], absent: [0, 0, 0, 0, 0, 0, 0] });
    await change(
      sql`update student_weeks set came[7] = 102 where week = '2026-11-02' and student_id = ${ids[0]}`,
    );
    const [first] = await inTenant((tx) =>
      tx.execute<{ came: number }>(
        sql`select came from (${attendanceByStudent(RANGES[0]!)}) n where student_id = ${ids[0]}`,
      ),
    );
    expect(first).toEqual({ came: 105 });
    await change(
      sql`update student_weeks set came[7] = 2 where week = '2026-11-02' and student_id = ${ids[0]}`,
    );
  });

  it('leaves a week with a correction to the records, at once and until the next night', async () => {
    await change(sql`
      update attendance_records set status = 'absent' where session_id = ${sessions[2]} and student_id = ${ids[0]}`);
    expect((await read())[0]).toBe('4-2 1-5 0-4 3-2');
    await inTenant((tx) => refreshTallies(tx, tenantId));
    expect(await weeks()).toEqual(['2026-10-26', '2026-11-09']);
    await read();
    expect(await night()).toBe(1);
    expect((await read())[0]).toBe('4-2 1-5 0-4 3-2');
  });

  it('knows of moved and removed sessions, open ones among them', async () => {
    await change(sql`update class_sessions set starts_at = '2026-11-10T09:00:00Z' where id = ${sessions[1]}`);
    await change(sql`update attendance_records set day = '2026-11-10' where session_id = ${sessions[1]}`);
    await read();
    expect(await night()).toBe(2);
    await read();
    // Reopened, which changes no count, and removed then.
    await change(sql`update class_sessions set status = 'open' where id = ${sessions[3]}`);
    await night();
    await change(sql`delete from class_sessions where id = ${sessions[3]}`);
    expect((await read())[0]).toBe('3-2 1-4 0-3 2-2');
    expect(await night()).toBe(1);
    await change(sql`delete from class_sessions where id = ${sessions[0]}`);
    await read();
    // Nothing is left of its week, which is counted like others.
    expect(await night()).toBe(1);
    expect(await night()).toBe(0);
    const [left] = await change(sql`select count(*)::int as n from student_weeks where week = '2026-10-26'`);
    expect(left).toEqual({ n: 0 });
    expect((await read())[0]).toBe('2-2 1-3 0-3 2-1');
  });

  it('is what students are ranked by', async () => {
    interface List {
      items: { id: string; present: number; late: number; absent: number }[];
    }
    const { body } = await server.admin.get<List>(
      '/reports/attendance/students?from=2026-11-01&until=2026-11-22&sort=-absent&limit=2',
    );
    expect(body.items.map(({ id, absent }) => [ids.indexOf(id), absent])).toEqual([
      [1, 3],
      [2, 3],
    ]);
  });

  it('counts while a student is erased: neither waits for the other for ever, and nothing of them is left', async () => {
    await change(sql`delete from counted_weeks`);
    const [, erased] = await Promise.all([
      countAllWeeks(server.context, tenantId, TODAY),
      server.admin.call('DELETE', `/students/${ids[3]}`),
    ]);
    expect(erased.status).toBe(204);
    const [left] = await change(
      sql`select count(*)::int as n from student_weeks where student_id = ${ids[3]}`,
    );
    expect(left).toEqual({ n: 0 });
    await night();
    expect((await read())[0]).toBe('2-2 1-3 0-3 ');
  });
});
