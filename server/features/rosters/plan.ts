import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../db/tenancy.ts';

/** Lines by outcome, over all entities and by entity. */
export interface PlanCounts {
  counts: Record<string, number>;
  entities: Record<string, Record<string, number>>;
}

/**
 * Says of every line of an import what it would do to the database as it is now. One statement an entity, so that
 * 50,000 lines cost seconds: people and courses first, because enrolments may refer to those of the same import.
 */
export async function planImport(tx: Tx, importId: string): Promise<PlanCounts> {
  // The lines are new and the planner knows nothing of them: taking them for few, it would compare each with each.
  await tx.execute(sql`set local enable_nestloop = off`);
  await tx.execute(sql`set local work_mem = '64MB'`);
  await tx.execute(sql`
    update import_lines set outcome = null, code = null, message = null, target_id = null, student_id = null
    where import_id = ${importId} and outcome is not null and not data ? 'bad'`);
  await planEntity(tx, importId, STUDENTS);
  await planEntity(tx, importId, TEACHERS);
  await planEntity(tx, importId, COURSES);
  await planLinks(tx, importId, 'enrolment');
  await planLinks(tx, importId, 'teaching');
  await tx.execute(sql`set local enable_nestloop = on`);
  return countLines(tx, importId);
}

export async function countLines(tx: Tx, importId: string): Promise<PlanCounts> {
  const rows = await tx.execute<{ entity: string; outcome: string; n: number }>(sql`
    select entity, outcome, count(*)::int as n from import_lines
    where import_id = ${importId} group by entity, outcome`);
  const counts: Record<string, number> = { lines: 0, ...zero() };
  const entities: Record<string, Record<string, number>> = {};
  for (const { entity, outcome, n } of rows) {
    counts.lines! += n;
    counts[outcome] = (counts[outcome] ?? 0) + n;
    entities[entity] ??= zero();
    entities[entity][outcome] = n;
  }
  return { counts, entities };
}

const zero = () => ({ create: 0, update: 0, unchanged: 0, archive: 0, error: 0 });

interface Entity {
  name: 'student' | 'teacher' | 'course';
  table: SQL;
  /** What the line is known by, in the file; null where it says nothing. */
  key: SQL;
  /** The row `t` with the line's key. */
  matches: SQL;
  /** Fields of `data` and their columns. */
  fields: readonly (readonly [field: string, column: string])[];
  /** Must be in a line that creates. */
  required: readonly string[];
  taken: string;
  /** No two have the same key. */
  unique: boolean;
}

const STUDENTS: Entity = {
  name: 'student',
  table: sql`students`,
  key: sql`data->>'number'`,
  matches: sql`t.number = l.key_text`,
  fields: [
    ['number', 'number'],
    ['name', 'name'],
    ['email', 'email'],
    ['department', 'department'],
    ['guardianName', 'guardian_name'],
    ['guardianEmail', 'guardian_email'],
    ['locale', 'locale'],
  ],
  required: ['name'],
  taken: 'number',
  unique: true,
};

const TEACHERS: Entity = {
  name: 'teacher',
  table: sql`teachers`,
  key: sql`data->>'email'`,
  matches: sql`t.email = l.key_text`,
  fields: [
    ['name', 'name'],
    ['email', 'email'],
    ['title', 'title'],
    ['department', 'department'],
  ],
  required: ['name'],
  taken: 'e-mail address',
  unique: false,
};

const COURSES: Entity = {
  name: 'course',
  table: sql`courses`,
  key: sql`(data->>'code') || E'\n' || coalesce(data->>'semester', '')`,
  matches: sql`t.code || E'\n' || t.semester = l.key_text`,
  fields: [
    ['code', 'code'],
    ['name', 'name'],
    ['semester', 'semester'],
    ['department', 'department'],
  ],
  required: ['code', 'name'],
  taken: 'code',
  unique: true,
};

async function planEntity(tx: Tx, importId: string, entity: Entity): Promise<void> {
  const differs = sql.join(
    entity.fields.map(
      ([field, column]) =>
        sql`(l.data ? ${field} and l.data->>${field} is distinct from t.${sql.identifier(column)})`,
    ),
    sql` or `,
  );
  const lacks = sql.join(
    entity.required.map((field) => sql`not coalesce(l.data->>${field}, '') <> ''`),
    sql` or `,
  );
  await tx.execute(sql`
    with read as (
      select seq, file, line, data, ${entity.key} as key_text, data->>'externalId' as ext,
        coalesce((data->>'archived')::boolean, false) as archives
      from import_lines where import_id = ${importId} and entity = ${entity.name} and not data ? 'bad'
    ), l as (
      select read.*,
        first_value(line) over (partition by key_text order by seq) as key_line,
        row_number() over (partition by key_text order by seq) as key_at,
        first_value(line) over (partition by ext order by seq) as ext_line,
        row_number() over (partition by ext order by seq) as ext_at
      from read
    ), by_key as (
      -- An e-mail address may be that of several teachers: the first.
      select distinct on (l.seq) l.seq, t.id from l join ${entity.table} t on ${entity.matches} order by l.seq, t.id
    ), by_ext as (
      select l.seq, t.id from l join ${entity.table} t on t.external_id = l.ext
    ), by_id as (
      -- What this system exported has its own ids for those who came from nowhere else.
      select l.seq, t.id from l join ${entity.table} t on t.id::text = l.ext
    ), found as (
      select l.*, coalesce(by_ext.id, by_id.id) as ext_id, by_key.id as key_id,
        coalesce(by_ext.id, by_id.id, by_key.id) as target
      from l left join by_ext on by_ext.seq = l.seq left join by_id on by_id.seq = l.seq
        left join by_key on by_key.seq = l.seq
    ), placed as (
      select found.*,
        row_number() over (partition by target order by seq) as target_at,
        first_value(line) over (partition by target order by seq) as target_line
      from found
    ), judged as (
      select l.seq, l.target,
        case
          when l.key_text is not null and l.key_at > 1 then 'duplicate-key'
          when l.ext is not null and l.ext_at > 1 then 'duplicate-id'
          when l.target is not null and l.target_at > 1 then 'duplicate-target'
          when ${entity.unique} and l.ext_id is not null and l.key_id is not null and l.ext_id <> l.key_id then 'conflict'
          when l.target is null and not l.archives and (${lacks}) then 'incomplete'
        end as wrong,
        case
          when l.target is null and l.archives then 'unchanged'
          when l.target is null then 'create'
          when l.archives then case when t.archived_at is null then 'archive' else 'unchanged' end
          when ${differs}
            or (l.ext is not null and l.ext is distinct from t.external_id and l.ext <> t.id::text)
            or (l.data->>'archived' = 'false' and t.archived_at is not null) then 'update'
          else 'unchanged'
        end as outcome,
        l.key_line, l.ext_line, l.target_line, (l.data->>'newId')::uuid as new_id
      from placed l left join ${entity.table} t on t.id = l.target
    )
    update import_lines i set
      outcome = case when j.wrong is null then j.outcome else 'error' end,
      code = case when j.wrong like 'duplicate-%' then 'duplicate-in-file' else j.wrong end,
      message = case j.wrong
        when 'duplicate-key' then 'Line ' || j.key_line || ${` has the same ${entity.taken}.`}
        when 'duplicate-id' then 'Line ' || j.ext_line || ' has the same external id.'
        when 'duplicate-target' then 'Line ' || j.target_line || ${` is about the same ${entity.name}.`}
        when 'conflict' then ${`The ${entity.taken} is one ${entity.name}’s and the external id another’s.`}
        when 'incomplete' then ${`A new ${entity.name} needs ${entity.required.join(' and ')}.`}
      end,
      target_id = case when j.wrong is null then coalesce(j.target, case when j.outcome = 'create' then j.new_id end) end,
      student_id = case when ${entity.name} = 'student' then j.target end
    from judged j where i.import_id = ${importId} and i.seq = j.seq`);
}

const LINKS = {
  enrolment: {
    person: sql`students`,
    personEntity: 'student',
    personExt: sql`data->>'studentExternalId'`,
    personKey: sql`data->>'number'`,
    keyColumn: sql`number`,
    table: sql`enrolments`,
    personId: sql`student_id`,
  },
  teaching: {
    person: sql`teachers`,
    personEntity: 'teacher',
    personExt: sql`data->>'teacherExternalId'`,
    personKey: sql`data->>'email'`,
    keyColumn: sql`email`,
    table: sql`course_teachers`,
    personId: sql`teacher_id`,
  },
} as const;

/** Who is in which course: both may be of the database or of the same import. */
async function planLinks(tx: Tx, importId: string, kind: keyof typeof LINKS): Promise<void> {
  const link = LINKS[kind];
  await tx.execute(sql`
    with l as (
      select seq, line, ${link.personExt} as person_ext, ${link.personKey} as person_key,
        data->>'courseExternalId' as course_ext, data->>'code' as code, data->>'semester' as semester,
        coalesce((data->>'archived')::boolean, false) as archives
      from import_lines where import_id = ${importId} and entity = ${kind} and not data ? 'bad'
    ), staged_person as (
      select target_id as id, data->>'externalId' as ext, ${link.personKey} as key,
        case when outcome = 'archive' then true when data ? 'archived' or outcome = 'create' then false end as archived
      from import_lines
      where import_id = ${importId} and entity = ${link.personEntity} and target_id is not null
    ), person as (
      select coalesce(s.id, t.id) as id, coalesce(s.archived, t.archived_at is not null, false) as archived,
        s.ext as staged_ext, s.key as staged_key, t.external_id as ext, t.${link.keyColumn} as key
      from staged_person s full join ${link.person} t on t.id = s.id
    ), person_ext as (
      select distinct on (ext) ext, id from (
        select staged_ext as ext, id, 0 as rank from person where staged_ext is not null
        union all select ext, id, 1 from person where ext is not null
        union all select id::text, id, 2 from person
      ) named order by ext, rank, id
    ), person_key as (
      select distinct on (key) key, id from (
        select staged_key as key, id, 0 as rank from person where staged_key is not null
        union all select key, id, 1 from person where key is not null
      ) named order by key, rank, id
    ), staged_course as (
      select target_id as id, data->>'externalId' as ext, data->>'code' as code,
        coalesce(data->>'semester', '') as semester,
        case when outcome = 'archive' then true when data ? 'archived' or outcome = 'create' then false end as archived
      from import_lines where import_id = ${importId} and entity = 'course' and target_id is not null
    ), course as (
      select coalesce(s.id, t.id) as id, coalesce(s.archived, t.archived_at is not null, false) as archived,
        s.ext as staged_ext, t.external_id as ext, coalesce(s.code, t.code) as code,
        case when s.code is null then t.semester else s.semester end as semester
      from staged_course s full join courses t on t.id = s.id
    ), course_ext as (
      select distinct on (ext) ext, id from (
        select staged_ext as ext, id, 0 as rank from course where staged_ext is not null
        union all select ext, id, 1 from course where ext is not null
        union all select id::text, id, 2 from course
      ) named order by ext, rank, id
    ), course_code as (
      select distinct on (code, semester) code, semester, id from course order by code, semester, archived, id
    ), course_any as (
      select code, count(*) as n, (array_agg(id order by id))[1] as id from course where not archived group by code
    ), found as (
      select l.*, coalesce(pe.id, pk.id) as person_id, ca.n as course_count,
        coalesce(ce.id, cc.id, case when l.semester is null and l.course_ext is null and ca.n = 1 then ca.id end)
          as course_id
      from l
      left join person_ext pe on pe.ext = l.person_ext
      left join person_key pk on pk.key = l.person_key
      left join course_ext ce on ce.ext = l.course_ext
      left join course_code cc on cc.code = l.code and cc.semester = coalesce(l.semester, '')
      left join course_any ca on ca.code = l.code
    ), judged as (
      select f.*, row_number() over (partition by f.person_id, f.course_id order by f.seq) as at,
        p.archived as person_archived, c.archived as course_archived, e.course_id is not null as linked
      from found f
      left join person p on p.id = f.person_id
      left join course c on c.id = f.course_id
      left join ${link.table} e on e.course_id = f.course_id and e.${link.personId} = f.person_id
    ), said as (
      select j.*,
        case
          when person_id is null then ${`${link.personEntity}-unknown`}
          when course_id is null and semester is null and course_ext is null and course_count > 1
            then 'course-ambiguous'
          when course_id is null then 'course-unknown'
          when not archives and not linked and person_archived then ${`${link.personEntity}-archived`}
          when not archives and not linked and course_archived then 'course-archived'
        end as wrong
      from judged j
    )
    update import_lines i set
      outcome = case
        when s.wrong is not null then 'error'
        when s.at > 1 then 'unchanged'
        when s.archives and s.linked then 'archive'
        when s.archives or s.linked then 'unchanged'
        else 'create' end,
      code = coalesce(s.wrong, case when s.at > 1 then 'duplicate-in-file' end),
      message = case s.wrong
        when 'course-ambiguous' then 'Several semesters have a course of this code; say the semester.'
        when 'course-unknown' then 'There is no such course, here or in the import.'
        when 'course-archived' then 'The course is archived.'
        when ${`${link.personEntity}-unknown`} then ${`There is no such ${link.personEntity}, here or in the import.`}
        when ${`${link.personEntity}-archived`} then ${`The ${link.personEntity} is archived.`}
        else case when s.at > 1 then 'A line before this one says the same.' end
      end,
      target_id = case when s.wrong is null then s.course_id end,
      student_id = case when ${kind} = 'enrolment' then s.person_id end,
      data = case when ${kind} = 'teaching' and s.wrong is null
        then i.data || jsonb_build_object('teacherId', s.person_id) else i.data end
    from said s where i.import_id = ${importId} and i.seq = s.seq`);
}
