import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../db/tenancy.ts';
import { studentSearchText } from '../students/service.ts';
import { teacherSearchText } from '../teachers/service.ts';

/** What other parts of the server have to hear of. */
export interface Applied {
  /** Students who were added to or removed from a course, by course. */
  rosters: { courseId: string; studentIds: string[] }[];
  /** Students who were archived or restored. */
  standing: string[];
  /** Students whose name or number changed. */
  renamed: string[];
}

/**
 * Does what the lines of a planned import say, in the transaction of its planning. Everything in a few statements;
 * what the database refuses after all (somebody added the same number a moment ago) fails the transaction whole.
 */
export async function applyLines(tx: Tx, tenantId: string, importId: string, now: Date): Promise<Applied> {
  const at = sql`${now.toISOString()}::timestamptz`;
  const lines = (entity: string, outcome: string) =>
    sql`l.import_id = ${importId} and l.entity = ${entity} and l.outcome = ${outcome}`;
  const kept = (field: string, column: string) =>
    sql`case when l.data ? ${field} then l.data->>${field} else t.${sql.identifier(column)} end`;
  // Ids that this system gave out itself come back as external ones; they say nothing new.
  const external = sql`case when l.data->>'externalId' is not null and l.data->>'externalId' <> t.id::text
    then l.data->>'externalId' else t.external_id end`;
  const restored = sql`case when l.data->>'archived' = 'false' then null else t.archived_at end`;

  await tx.execute(sql`
    insert into courses (id, tenant_id, code, name, semester, department, external_id)
    select l.target_id, ${tenantId}, l.data->>'code', l.data->>'name', coalesce(l.data->>'semester', ''),
      l.data->>'department', l.data->>'externalId'
    from import_lines l where ${lines('course', 'create')}`);
  await tx.execute(sql`
    update courses t set code = ${kept('code', 'code')}, name = ${kept('name', 'name')},
      semester = ${kept('semester', 'semester')}, department = ${kept('department', 'department')},
      external_id = ${external}, archived_at = ${restored}, updated_at = ${at}
    from import_lines l where ${lines('course', 'update')} and t.id = l.target_id`);
  await tx.execute(sql`
    update courses t set archived_at = ${at}, updated_at = ${at}
    from import_lines l where ${lines('course', 'archive')} and t.id = l.target_id`);

  await tx.execute(sql`
    insert into teachers (id, tenant_id, name, email, title, department, external_id, search_text)
    select l.target_id, ${tenantId}, l.data->>'name', l.data->>'email', l.data->>'title', l.data->>'department',
      l.data->>'externalId',
      concat_ws(' ', l.data->>'foldTitle', l.data->>'foldName', l.data->>'foldEmail')
    from import_lines l where ${lines('teacher', 'create')}`);
  await tx.execute(sql`
    update teachers t set name = ${kept('name', 'name')}, email = ${kept('email', 'email')},
      title = ${kept('title', 'title')}, department = ${kept('department', 'department')},
      external_id = ${external}, archived_at = ${restored}, updated_at = ${at}
    from import_lines l where ${lines('teacher', 'update')} and t.id = l.target_id`);
  await tx.execute(sql`
    update teachers t set archived_at = ${at}, updated_at = ${at}
    from import_lines l where ${lines('teacher', 'archive')} and t.id = l.target_id`);
  await tx.execute(sql`
    delete from course_teachers ct using import_lines l
    where ${lines('teacher', 'archive')} and ct.teacher_id = l.target_id`);
  // An account that was made before its teacher came with the import is theirs.
  await tx.execute(sql`
    update teachers t set user_id = u.id
    from import_lines l, users u
    where ${lines('teacher', 'create')} and t.id = l.target_id and u.role = 'teacher' and lower(u.email) = t.email
      and not exists (select 1 from teachers o where o.user_id = u.id)`);

  await tx.execute(sql`
    insert into students (id, tenant_id, number, name, email, department, guardian_name, guardian_email, locale,
      external_id, search_text)
    select l.target_id, ${tenantId}, l.data->>'number', l.data->>'name', l.data->>'email', l.data->>'department',
      l.data->>'guardianName', l.data->>'guardianEmail', l.data->>'locale', l.data->>'externalId',
      concat_ws(' ', l.data->>'foldName', l.data->>'foldNumber', l.data->>'foldEmail')
    from import_lines l where ${lines('student', 'create')}`);
  const renamed = await tx.execute<{ id: string }>(sql`
    update students t set number = ${kept('number', 'number')}, name = ${kept('name', 'name')},
      email = ${kept('email', 'email')}, department = ${kept('department', 'department')},
      guardian_name = ${kept('guardianName', 'guardian_name')},
      guardian_email = ${kept('guardianEmail', 'guardian_email')}, locale = ${kept('locale', 'locale')},
      external_id = ${external}, archived_at = ${restored}, updated_at = ${at}
    from import_lines l where ${lines('student', 'update')} and t.id = l.target_id
    returning t.id`);
  const restoredStudents = await tx.execute<{ id: string }>(sql`
    select l.target_id as id from import_lines l where ${lines('student', 'update')} and l.data->>'archived' = 'false'`);
  const archived = await tx.execute<{ id: string }>(sql`
    update students t set archived_at = ${at}, updated_at = ${at}
    from import_lines l where ${lines('student', 'archive')} and t.id = l.target_id
    returning t.id`);
  await refold(tx, importId);

  await tx.execute(sql`
    insert into course_teachers (tenant_id, course_id, teacher_id)
    select ${tenantId}, l.target_id, (l.data->>'teacherId')::uuid
    from import_lines l where ${lines('teaching', 'create')}
    on conflict do nothing`);
  await tx.execute(sql`
    delete from course_teachers ct using import_lines l
    where ${lines('teaching', 'archive')} and ct.course_id = l.target_id
      and ct.teacher_id = (l.data->>'teacherId')::uuid`);
  await tx.execute(sql`
    insert into enrolments (tenant_id, course_id, student_id)
    select ${tenantId}, l.target_id, l.student_id from import_lines l where ${lines('enrolment', 'create')}
    on conflict do nothing`);
  await tx.execute(sql`
    delete from enrolments e using import_lines l
    where ${lines('enrolment', 'archive')} and e.course_id = l.target_id and e.student_id = l.student_id`);

  const rosters = await tx.execute<{ courseId: string; studentIds: string[] }>(sql`
    select target_id as "courseId", jsonb_agg(student_id) as "studentIds" from import_lines
    where import_id = ${importId} and entity = 'enrolment' and outcome in ('create', 'archive') group by target_id`);
  // Whose line it was is known now; what it said is no longer needed.
  await tx.execute(sql`
    update import_lines set student_id = case when entity = 'student' then target_id else student_id end,
      data = case when data ? 'bad' then data else '{}' end
    where import_id = ${importId}`);
  return {
    rosters: [...rosters],
    standing: [...archived, ...restoredStudents].map(({ id }) => id),
    renamed: renamed.map(({ id }) => id),
  };
}

const PAGE = 5000;

/** The texts that searches look through, of everybody who was changed: a line may have said a part of it only. */
async function refold(tx: Tx, importId: string): Promise<void> {
  interface Person extends Record<string, unknown> {
    seq: number;
    id: string;
    name: string;
    number: string;
    title: string | null;
    email: string | null;
  }
  const pages = async (
    entity: 'student' | 'teacher',
    people: SQL,
    columns: SQL,
    textOf: (row: Person) => string,
  ) => {
    for (let after = -1; ; ) {
      const rows = await tx.execute<Person>(sql`
        select l.seq, t.id, t.name, t.email, ${columns} from import_lines l join ${people} t on t.id = l.target_id
        where l.import_id = ${importId} and l.entity = ${entity} and l.outcome = 'update' and l.seq > ${after}
        order by l.seq limit ${PAGE}`);
      const last = rows.at(-1);
      if (!last) return;
      const texts = rows.map((row) => ({ id: row.id, text: textOf(row) }));
      await tx.execute(sql`
        update ${people} t set search_text = r.text
        from jsonb_to_recordset(${JSON.stringify(texts)}::text::jsonb) as r(id uuid, text text) where t.id = r.id`);
      after = last.seq;
    }
  };
  await pages('student', sql`students`, sql`t.number`, studentSearchText);
  await pages('teacher', sql`teachers`, sql`t.title`, teacherSearchText);
}
