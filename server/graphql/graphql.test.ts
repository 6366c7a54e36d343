import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Api,
  addTenant,
  createApi,
  startTestServer,
  type TestServer,
} from '../../tests/support/server.ts';
import { newId } from '../db/ids.ts';
import { graphql } from './library.ts';
import { assertAffordable, MAX_COST, MAX_DEPTH } from './limits.ts';
import { SCHEMA } from './schema.ts';

const { buildSchema, getIntrospectionQuery, parse } = graphql;

type Data = Record<string, never>;
interface Answered {
  data?: Data | null;
  errors?: { message: string; extensions: { code: string; requestId: string } }[];
  error?: { code: string };
}

let server: TestServer;
let student: Api;
let outsider: Api;
let sessionId: string;
let otherCourseId: string;
/** The second session is of a course that the teacher does not teach. */
let otherSessionId: string;

beforeAll(async () => {
  server = await startTestServer({ students: 4 });
  const { tenantId, courseId, students } = server.seeded!;
  outsider = await addTenant(server, 'graphql');
  const added = await server.admin.post<{ id: string }>('/courses', {
    code: 'FIZ201',
    name: 'Fizik',
    semester: '2026 Güz',
  });
  otherCourseId = added.body.id;
  await server.admin.post(`/courses/${otherCourseId}/enrolments`, { studentIds: [students[0]!.id] });
  sessionId = newId();
  otherSessionId = newId();
  const userId = newId();
  await server.context.db.tenant(tenantId, async (tx) => {
    for (const [id, course, who] of [
      [sessionId, courseId, students],
      [otherSessionId, otherCourseId, students.slice(0, 1)],
    ] as const) {
      await tx.execute(sql`insert into class_sessions (id, tenant_id, course_id, status, starts_at, opened_at, policy, rules)
        values (${id}, ${tenantId}, ${course}, 'closed', '2026-03-02T06:00:00Z', '2026-03-02T06:00:00Z', '{}', '{}')`);
      for (const [index, { id: studentId }] of who.entries()) {
        await tx.execute(sql`insert into attendance_records (id, tenant_id, session_id, student_id, status, method)
          values (${newId()}, ${tenantId}, ${id}, ${studentId}, ${index === 0 ? 'absent' : 'present'}, 'face')`);
        await tx.execute(sql`insert into engagement_samples (tenant_id, session_id, student_id, stream_id, start_at,
            length_ms, frames_sampled, frames_seen, frames_judged, frames_attentive, eyes_judged, eyes_closed)
          values (${tenantId}, ${id}, ${studentId}, ${newId()}, now(), 10000, 20, 20, 10, 8, 10, 1)`);
      }
    }
    await tx.execute(sql`insert into users (id, tenant_id, email, name, role, locale, student_id)
      values (${userId}, ${tenantId}, 's@test.local', 'Öğrenci', 'student', 'tr', ${students[0]!.id})`);
  });
  const token = await server.context.tokens.issue({
    userId,
    tenantId,
    role: 'student',
    studentId: students[0]!.id,
    familyId: newId(),
    methods: ['password'],
    validAfter: 0,
  });
  student = createApi(server.url, token);
});
afterAll(() => server?.close());

const ask = (who: Api, body: unknown) => who.post<Answered>('/graphql', body);
async function data<T>(who: Api, query: string, variables: object = {}): Promise<T> {
  const { status, body } = await ask(who, { query, variables });
  expect(body.errors).toBeUndefined();
  expect(status).toBe(200);
  return body.data as T;
}
async function refusal(who: Api, body: unknown): Promise<string> {
  const answer = await ask(who, body);
  return `${answer.status} ${answer.body.errors?.[0]?.extensions.code ?? answer.body.error?.code}`;
}

describe('queries', () => {
  it('lead from the institution to courses, sessions, records and people', async () => {
    type Answer = {
      institution: { timezone: string };
      courses: {
        total: number;
        items: { code: string; students: object[]; stats: object; sessions: object[] }[];
      };
    };
    const answer = await data<Answer>(
      server.admin,
      `{ institution { timezone }
         courses(limit: 5) { total items { code students { number } stats { total present absent rate }
           sessions { day status counts { total rate } engagement { attention present students { coverage } }
             attendance(status: present) { status student { name } session { id } } } } } }`,
    );
    expect(answer.institution.timezone).toBe('Europe/Istanbul');
    expect(answer.courses.total).toBe(2);
    expect(answer.courses.items.map(({ code }) => code)).toEqual(['FIZ201', 'MAT101']);
    const [physics, mathematics] = answer.courses.items;
    expect(physics).toMatchObject({
      students: [{ number: 'S101' }],
      stats: { total: 1, absent: 1, rate: 0 },
    });
    expect(mathematics).toMatchObject({
      students: [{ number: 'S101' }, { number: 'S102' }, { number: 'S103' }, { number: 'S104' }],
      stats: { total: 4, present: 3, rate: 0.75 },
      sessions: [
        {
          day: '2026-03-02',
          status: 'closed',
          counts: { total: 4, rate: 0.75 },
          engagement: { attention: 0.8, present: 4 },
          attendance: [{ student: { name: 'Öğrenci 2' } }, {}, {}],
        },
      ],
    });
  });

  it('take filters and pages', async () => {
    const query = `query ($day: Day!, $limit: Int) { attendance(from: $day, to: $day, limit: $limit, skip: 1) {
      total skip limit items { day method corrected version secondsSeen firstSeenAt } } }`;
    const { attendance } = await data<{ attendance: { total: number; items: object[] } }>(
      server.admin,
      query,
      {
        day: '2026-03-02',
        limit: 2,
      },
    );
    expect([attendance.total, attendance.items.length]).toEqual([5, 2]);
    const found = await data<{ students: { items: object[] } }>(
      server.admin,
      '{ students(search: "ogrenci 3") { items { name } } }',
    );
    expect(found.students.items).toEqual([{ name: 'Öğrenci 3' }]);
    for (const bad of ['limit: 0', 'limit: 201', 'skip: -1']) {
      expect(await refusal(server.admin, { query: `{ courses(${bad}) { total } }` }), bad).toBe(
        '200 invalid-request',
      );
    }
    expect(await refusal(server.admin, { query, variables: { day: '2026-13-01' } })).toBe(
      '400 graphql-invalid',
    );
    expect(await refusal(server.admin, { query: '{ course(id: "1; drop table students") { id } }' })).toBe(
      '400 graphql-invalid',
    );
  });

  it('ask the database once a level, however many parents there are', async () => {
    let transactions = 0;
    const { read } = server.context.db;
    server.context.db.read = (tenantId, work) => {
      transactions++;
      return read(tenantId, work);
    };
    try {
      await data(
        server.admin,
        '{ courses(limit: 5) { items { students(limit: 20) { attendance(limit: 20) { session { course { code } } } courses { code } } } } }',
      );
    } finally {
      server.context.db.read = read;
    }
    expect(transactions).toBe(6);
  });

  it('answer a key by its own limit and filters, for each parent', async () => {
    const answer = await data<{ courses: { items: { one: object[]; all: object[] }[] } }>(
      server.admin,
      '{ courses { items { one: students(limit: 1) { number } all: students { number } } } }',
    );
    expect(answer.courses.items.map(({ one, all }) => [one.length, all.length])).toEqual([
      [1, 1],
      [1, 4],
    ]);
  });
});

describe('reach', () => {
  const everything = `query ($course: Id!, $session: Id!, $student: Id!) {
    course(id: $course) { code } session(id: $session) { day } student(id: $student) { name }
    courses { total } students { total } sessions { total } attendance { total } attendanceStats { total } }`;

  it('ends at the institution', async () => {
    expect(
      await data(outsider, everything, {
        course: server.seeded!.courseId,
        session: sessionId,
        student: server.seeded!.students[0]!.id,
      }),
    ).toEqual({
      course: null,
      session: null,
      student: null,
      courses: { total: 0 },
      students: { total: 0 },
      sessions: { total: 0 },
      attendance: { total: 0 },
      attendanceStats: { total: 0 },
    });
  });

  it('of a teacher ends at the courses that they teach, by whatever way they are come to', async () => {
    const variables = {
      course: otherCourseId,
      session: otherSessionId,
      student: server.seeded!.students[0]!.id,
    };
    expect(await data(server.teacher, everything, variables)).toMatchObject({
      course: null,
      session: null,
      student: { name: 'Öğrenci 1' },
      courses: { total: 1 },
      students: { total: 4 },
      sessions: { total: 1 },
      attendance: { total: 4 },
      attendanceStats: { total: 4 },
    });
    const round = await data(
      server.teacher,
      `query ($student: Id!, $course: Id!) {
        student(id: $student) { courses { code } attendance { session { course { code } } } stats { total } }
        students(courseId: $course) { total } attendance(courseId: $course) { total } }`,
      variables,
    );
    expect(round).toEqual({
      student: {
        courses: [{ code: 'MAT101' }],
        attendance: [{ session: { course: { code: 'MAT101' } } }],
        stats: { total: 1 },
      },
      students: { total: 0 },
      attendance: { total: 0 },
    });
  });

  it('of a student ends at themselves', async () => {
    const others = server.seeded!.students[1]!.id;
    expect(
      await data(student, everything, { course: otherCourseId, session: sessionId, student: others }),
    ).toMatchObject({
      course: { code: 'FIZ201' },
      session: { day: '2026-03-02' },
      student: null,
      courses: { total: 2 },
      students: { total: 1 },
      attendance: { total: 2 },
      attendanceStats: { total: 2 },
    });
    const round = await data(
      student,
      `query ($session: Id!) { session(id: $session) {
        attendance { student { number } } counts { total } engagement { present } course { students { number } stats { total } } } }`,
      { session: sessionId },
    );
    expect(round).toEqual({
      session: {
        attendance: [{ student: { number: 'S101' } }],
        counts: { total: 1 },
        engagement: null,
        course: { students: [{ number: 'S101' }], stats: { total: 1 } },
      },
    });
  });

  it('begins with a token, and takes no other way in', async () => {
    expect(await refusal(server.anonymous, { query: '{ institution { name } }' })).toBe(
      '401 unauthenticated',
    );
    const get = await fetch(`${server.url}/graphql?query={institution{name}}`, {
      headers: { authorization: `Bearer ${server.admin.token}` },
    });
    expect(get.status).toBe(404);
    expect((await fetch(`${server.url}/graphiql`)).status).toBe(404);
  });
});

describe('what is refused before any work is done', () => {
  it('is what is too deep, too costly, too long, many at once or a change', async () => {
    const deep = `{ sessions { items ${'{ course { sessions '.repeat(6)} { id } ${'} }'.repeat(6)} } }`;
    expect(await refusal(server.admin, { query: deep })).toBe('400 graphql-too-deep');
    const wide = '{ courses(limit: 200) { items { students(limit: 200) { name } } } }';
    expect(await refusal(server.admin, { query: wide })).toBe('400 graphql-too-costly');
    const aliases = Array.from(
      { length: 150 },
      (_, i) => `a${i}: students(limit: 200) { total items { id } }`,
    );
    expect(await refusal(server.admin, { query: `{ ${aliases.join(' ')} }` })).toBe('400 graphql-too-costly');
    // One value each, and each a count over all records.
    const counts = (many: number) =>
      `{ ${Array.from({ length: many }, (_, i) => `a${i}: attendanceStats { total }`).join(' ')} }`;
    expect(await refusal(server.admin, { query: counts(41) })).toBe('400 graphql-too-costly');
    expect(Object.keys(await data<object>(server.admin, counts(40)))).toHaveLength(40);
    const spread = `{ ${'...s '.repeat(5)} } fragment s on Query { ...t ...t } fragment t on Query {
      ${Array.from({ length: 9 }, (_, i) => `b${i}: attendanceStats { total }`).join(' ')} }`;
    expect(await refusal(server.admin, { query: spread })).toBe('400 graphql-too-costly');
    expect(await refusal(server.admin, { query: `{ ${'institution { name } '.repeat(900)} }` })).toBe(
      '400 graphql-invalid',
    );
    expect(await refusal(server.admin, { query: `{ ${' '.repeat(20_001)} }` })).toBe('400 invalid-request');
    const batch = Array.from({ length: 50 }, () => ({ query: '{ institution { name } }' }));
    expect(await refusal(server.admin, batch)).toBe('400 invalid-request');
    for (const query of ['mutation { createStudent { id } }', 'subscription { sessions { total } }']) {
      expect(await refusal(server.admin, { query }), query).toBe('400 graphql-invalid');
    }
    expect(await refusal(server.admin, { query: '{ institution { wrappedKey } }' })).toBe(
      '400 graphql-invalid',
    );
    expect(await refusal(server.admin, { query: '{' })).toBe('400 graphql-invalid');
  });

  it('leaves introspection to those who have signed in, but no bomb of it', async () => {
    const { __schema } = await data<{ __schema: { types: { name: string }[] } }>(
      student,
      getIntrospectionQuery(),
    );
    const text = JSON.stringify(__schema).toLowerCase();
    expect(text).toContain('attendancerecord');
    for (const word of ['emotion', 'embedding', 'template', 'secret']) expect(text).not.toContain(word);
    const bomb = Array.from({ length: 40 }, (_, i) => `s${i}: __schema { types { name } }`).join(' ');
    expect(await refusal(student, { query: `{ ${bomb} }` })).toBe('400 graphql-too-costly');
  });
});

describe('weights', () => {
  const schema = buildSchema(SCHEMA);
  const weigh = (query: string, variables = {}) => assertAffordable(schema, parse(query), variables);

  it('multiply by what is asked for, also by a variable, and count every alias and spread', () => {
    expect(weigh('{ institution { name } }')).toEqual({ cost: 2, depth: 2 });
    expect(weigh('{ courses(limit: 10) { items { code } } }').cost).toBe(1 + 10 * 2);
    expect(weigh('query ($n: Int) { courses(limit: $n) { items { code } } }', { n: 50 }).cost).toBe(
      1 + 50 * 2,
    );
    const once = weigh('{ courses(limit: 10) { ...c } } fragment c on CoursePage { items { code } }');
    expect(once.cost).toBe(21);
    expect(weigh('{ a: institution { name } b: institution { name } }').cost).toBe(4);
  });

  it('of fragments in fragments take no time to find', () => {
    const fragments = Array.from(
      { length: 60 },
      (_, i) => `fragment f${i} on Institution { name ...f${i + 1} ... on Institution { ...f${i + 1} } }`,
    );
    const query = `{ institution { ...f0 } } ${fragments.join(' ')} fragment f60 on Institution { id }`;
    expect(() => weigh(query)).toThrow(expect.objectContaining({ code: 'graphql-too-costly' }));
  });

  it('have bounds that ordinary questions are far from', () => {
    const usual = weigh(
      '{ sessions { items { day course { code } attendance(limit: 40) { status student { number name } } } } }',
    );
    expect(usual.cost).toBeLessThan(MAX_COST / 4);
    expect(usual.depth).toBeLessThan(MAX_DEPTH);
  });
});
