import { type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';

/** Rows in one statement of an export: a slow reader holds none of them in a transaction. */
const PAGE = 2000;
/** With all their students. */
const COURSES = 100;

export interface ExportOptions {
  archived: boolean;
}

export interface StudentRow extends Record<string, unknown> {
  id: string;
  number: string;
  name: string;
  email: string | null;
  department: string | null;
  guardianName: string | null;
  guardianEmail: string | null;
  locale: string | null;
  externalId: string | null;
  archived: boolean;
}
export interface TeacherRow extends Record<string, unknown> {
  id: string;
  name: string;
  email: string | null;
  title: string | null;
  department: string | null;
  externalId: string | null;
  archived: boolean;
}
export interface CourseRow extends Record<string, unknown> {
  id: string;
  code: string;
  name: string;
  semester: string;
  department: string | null;
  externalId: string | null;
  archived: boolean;
  teachers: string[];
}
export interface LinkRow extends Record<string, unknown> {
  id: string;
  courseId: string;
  courseExternalId: string | null;
  code: string;
  semester: string;
  personId: string;
  personExternalId: string | null;
  number: string;
  name: string;
}

/** Everybody and everything of an institution, page by page, by id. */
export function rosterPages(context: AppContext, tenantId: string, options: ExportOptions) {
  const standing = (table: string) =>
    options.archived ? sql`true` : sql`${sql.identifier(table)}.archived_at is null`;
  async function* pages<Row extends { id: string }>(
    query: (after: string) => SQL,
    size = PAGE,
  ): AsyncGenerator<Row> {
    for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
      const rows = await context.db.read(tenantId, (tx) => tx.execute(query(after)));
      const page = [...rows] as unknown as Row[];
      yield* page;
      const last = page.at(-1);
      if (!last || page.length < size) return;
      after = last.id;
    }
  }
  return {
    students: () =>
      pages<StudentRow>(
        (after) => sql`
          select t.id, t.number, t.name, t.email, t.department, t.guardian_name as "guardianName",
            t.guardian_email as "guardianEmail", t.locale, t.external_id as "externalId",
            t.archived_at is not null as archived
          from students t where t.id > ${after} and ${standing('t')} order by t.id limit ${PAGE}`,
      ),
    teachers: () =>
      pages<TeacherRow>(
        (after) => sql`
          select t.id, t.name, t.email, t.title, t.department, t.external_id as "externalId",
            t.archived_at is not null as archived
          from teachers t where t.id > ${after} and ${standing('t')} order by t.id limit ${PAGE}`,
      ),
    courses: () =>
      pages<CourseRow>(
        (after) => sql`
          select t.id, t.code, t.name, t.semester, t.department, t.external_id as "externalId",
            t.archived_at is not null as archived,
            (select coalesce(jsonb_agg(te.email order by te.email), '[]') from course_teachers ct
              join teachers te on te.id = ct.teacher_id where ct.course_id = t.id and te.email is not null) as teachers
          from courses t where t.id > ${after} and ${standing('t')} order by t.id limit ${PAGE}`,
      ),
    enrolments: () => links(pages, standing, sql`enrolments`, sql`student_id`, sql`students`, sql`p.number`),
    teaching: () =>
      links(
        pages,
        standing,
        sql`course_teachers`,
        sql`teacher_id`,
        sql`teachers`,
        sql`coalesce(p.email, '')`,
      ),
  };
}

/** One row a link, ordered by course and person; the cursor is a course, of which all links come in one statement. */
async function* links(
  pages: <Row extends { id: string }>(query: (after: string) => SQL, size?: number) => AsyncGenerator<Row>,
  standing: (table: string) => SQL,
  table: SQL,
  person: SQL,
  people: SQL,
  number: SQL,
): AsyncGenerator<LinkRow> {
  const courses = pages<{ id: string; links: LinkRow[] }>(
    (after) => sql`
      select c.id, (
        select coalesce(jsonb_agg(jsonb_build_object('courseId', c.id, 'courseExternalId', c.external_id,
          'code', c.code, 'semester', c.semester, 'personId', p.id, 'personExternalId', p.external_id,
          'number', ${number}, 'name', p.name) order by p.id), '[]')
        from ${table} e join ${people} p on p.id = e.${person}
        where e.course_id = c.id and ${standing('p')}) as links
      from courses c where c.id > ${after} and ${standing('c')} order by c.id limit ${COURSES}`,
    COURSES,
  );
  for await (const course of courses) yield* course.links;
}
