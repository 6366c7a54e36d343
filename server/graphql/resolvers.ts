import { type SQL, sql } from 'drizzle-orm';
import type { GraphQLScalarType } from 'graphql';
import type { AppContext } from '../context.ts';
import type { Tx } from '../db/tenancy.ts';
import { ApiError } from '../errors.ts';
import type { Caller } from '../features/auth/tokens.ts';
import { searchPatterns } from '../features/students/search.ts';
import { currentTenant } from '../features/tenants/service.ts';
import { graphql } from './library.ts';
import { MAX_LIMIT } from './limits.ts';
import {
  and,
  COUNTS,
  COURSE,
  type Counts,
  courseReach,
  RECORD,
  recordReach,
  SESSION,
  STUDENT,
  sessionReach,
  studentReach,
  withRate,
} from './rows.ts';

export interface GraphqlContext {
  caller: Caller;
}
type Row = Record<string, unknown>;
type Args = Partial<
  Record<'search' | 'semester' | 'courseId' | 'studentId' | 'sessionId' | 'status' | 'from' | 'to', string>
> & { skip?: number | null; limit?: number | null; id?: string };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const MAX_SKIP = 1_000_000;

const scalars = {
  Id: text('Id', (value) => UUID.test(value)),
  Day: text('Day', (value) => DAY.test(value) && !Number.isNaN(Date.parse(value))),
  Instant: new graphql.GraphQLScalarType({
    name: 'Instant',
    serialize: (value) => new Date(value as string | Date).toISOString(),
  }),
};

function text(name: string, isValid: (value: string) => boolean): GraphQLScalarType {
  return new graphql.GraphQLScalarType({
    name,
    parseValue(value) {
      if (typeof value === 'string' && isValid(value)) return value;
      throw new graphql.GraphQLError(`${name} cannot be ${JSON.stringify(value)}.`);
    },
    serialize: (value) => value,
  });
}

/** The page that was asked for; throws `invalid-request`. */
export function pageOf({ skip, limit }: Args): { skip: number; limit: number } {
  const page = { skip: skip ?? 0, limit: limit ?? 20 };
  if (page.skip < 0 || page.skip > MAX_SKIP || page.limit < 1 || page.limit > MAX_LIMIT) {
    throw new ApiError('invalid-request', {
      message: `\`limit\` is 1 to ${MAX_LIMIT}, \`skip\` 0 to ${MAX_SKIP}.`,
    });
  }
  return page;
}

export function createResolvers(context: AppContext) {
  const read = <T>({ caller }: GraphqlContext, work: (tx: Tx) => Promise<T>) =>
    context.db.read(caller.tenantId, work);

  /** A page and how many there are over all pages. `from` is everything behind FROM, with its WHERE. */
  async function page(given: GraphqlContext, args: Args, columns: SQL, from: SQL, order: SQL) {
    const { skip, limit } = pageOf(args);
    return read(given, async (tx) => {
      const [counted] = await tx.execute<{ total: number }>(sql`select count(*)::int as total from ${from}`);
      const items = await tx.execute<Row>(
        sql`select ${columns} from ${from} order by ${order} offset ${skip} limit ${limit}`,
      );
      return { total: counted?.total ?? 0, skip, limit, items: [...items] };
    });
  }

  async function one(given: GraphqlContext, columns: SQL, from: SQL): Promise<Row | null> {
    const [row] = await read(given, (tx) => tx.execute<Row>(sql`select ${columns} from ${from}`));
    return row ?? null;
  }

  const Query = {
    institution: (_root: unknown, _args: Args, given: GraphqlContext) =>
      read(given, (tx) => currentTenant(tx, given.caller.tenantId)),
    courses(_root: unknown, args: Args, given: GraphqlContext) {
      const pattern = args.search ? `%${args.search.replace(/[\\%_]/g, '\\$&')}%` : null;
      const from = sql`courses c where true${courseReach(given.caller)}
        ${and(pattern !== null && sql`(c.code ilike ${pattern} or c.name ilike ${pattern})`)}
        ${and(args.semester != null && sql`c.semester = ${args.semester}`)}`;
      return page(given, args, COURSE, from, sql`c.code, c.semester`);
    },
    course: (_root: unknown, { id }: Args, given: GraphqlContext) =>
      one(given, COURSE, sql`courses c where c.id = ${id}${courseReach(given.caller)}`),
    students(_root: unknown, args: Args, given: GraphqlContext) {
      const words = searchPatterns(args.search ?? '').map(
        (pattern) => sql` and st.search_text like ${pattern}`,
      );
      const from = sql`students st where st.archived_at is null${studentReach(given.caller)}${sql.join(words)}
        ${and(
          args.courseId != null &&
            sql`st.id in (select e.student_id from enrolments e join courses c on c.id = e.course_id
              where c.id = ${args.courseId}${courseReach(given.caller)})`,
        )}`;
      return page(given, args, STUDENT, from, sql`st.name collate "und-x-icu", st.number`);
    },
    student: (_root: unknown, { id }: Args, given: GraphqlContext) =>
      one(given, STUDENT, sql`students st where st.id = ${id}${studentReach(given.caller)}`),
    sessions(_root: unknown, args: Args, given: GraphqlContext) {
      const from = sql`class_sessions s where true${sessionReach(given.caller)}
        ${and(args.courseId != null && sql`s.course_id = ${args.courseId}`)}
        ${and(args.status != null && sql`s.status = ${args.status}`)}${daysOf(args, sql`s.day`)}`;
      return page(given, args, SESSION, from, sql`s.starts_at desc, s.id desc`);
    },
    session: (_root: unknown, { id }: Args, given: GraphqlContext) =>
      one(given, SESSION, sql`class_sessions s where s.id = ${id}${sessionReach(given.caller)}`),
    attendance(_root: unknown, args: Args, given: GraphqlContext) {
      const from = sql`attendance_records r where true${recordReach(given.caller)}${recordsOf(args)}
        ${and(args.sessionId != null && sql`r.session_id = ${args.sessionId}`)}
        ${and(args.status != null && sql`r.status = ${args.status}`)}`;
      return page(given, args, RECORD, from, sql`r.day desc, r.id desc`);
    },
    async attendanceStats(_root: unknown, args: Args, given: GraphqlContext) {
      const from = sql`attendance_records r where true${recordReach(given.caller)}${recordsOf(args)}`;
      return withRate((await one(given, COUNTS, from)) as unknown as Counts);
    },
  };
  return { ...scalars, Query };
}

const daysOf = (args: Args, column: SQL): SQL =>
  sql`${and(args.from != null && sql`${column} >= ${args.from}::date`)}${and(args.to != null && sql`${column} <= ${args.to}::date`)}`;

const recordsOf = (args: Args): SQL =>
  sql`${and(args.courseId != null && sql`r.course_id = ${args.courseId}`)}
    ${and(args.studentId != null && sql`r.student_id = ${args.studentId}`)}${daysOf(args, sql`r.day`)}`;
