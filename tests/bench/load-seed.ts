import type postgres from 'postgres';

/**
 * A term of a whole installation, always the same: one institution of 1,000 students and 49 of 387 or 388; every
 * student in 4 courses of about 32, every course with 25 meetings in 13 weeks. All of it ends before `LOAD_NOW`.
 */
export const LOAD_NOW = Date.parse('2026-05-22T12:00:00Z');
export const SEED_VERSION = 9;
const STUDENTS = 20_000;
export const LARGEST = 1000;
const MEETINGS = 25;

export interface SeedCounts {
  institutions: number;
  students: number;
  courses: number;
  sessions: number;
  records: number;
  events: number;
}

/** As the owner of the database, past triggers and foreign keys: minutes become seconds. `tenantIds`: the largest first. */
export async function seedLoad(
  sql: postgres.Sql,
  tenantIds: readonly string[],
  passwordHash: string,
): Promise<SeedCounts> {
  const others = (STUDENTS - LARGEST) / (tenantIds.length - 1);
  const sizes = tenantIds.map((id, t) => ({
    id,
    t,
    students: t === 0 ? LARGEST : Math.floor(t * others) - Math.floor((t - 1) * others),
  }));
  await sql.begin(async (tx) => {
    await tx.unsafe(`set local session_replication_role = replica; set local statement_timeout = 0;
      set local synchronous_commit = off; set local maintenance_work_mem = '256MB'`);
    await tx.unsafe(FUNCTIONS);
    await tx`create temp table seed_tenants as
      select t.id, t.t, t.students, ceil(t.students * 4 / 32.0)::int as courses
      from jsonb_to_recordset(${JSON.stringify(sizes)}::text::jsonb) as t(id uuid, t int, students int)`;
    await tx.unsafe(`
      create temp table seed_students as
        select seed_id('2026-02-01', 'student ' || t.t || ' ' || i) as id, t.id as tenant_id, t.t, i
        from seed_tenants t cross join lateral generate_series(0, t.students - 1) i;
      create temp table seed_courses as
        select seed_id('2026-02-01', 'course ' || t.t || ' ' || c) as id, t.id as tenant_id, t.t, c
        from seed_tenants t cross join lateral generate_series(0, t.courses - 1) c;
      create unique index on seed_courses (t, c);
      analyze seed_tenants; analyze seed_students; analyze seed_courses;`);
    await tx.unsafe(PEOPLE);
    await tx`
      insert into users (id, tenant_id, email, name, role, locale, password_hash)
      select seed_id('2026-02-01', 'admin ' || t), id, 'admin' || t || '@load.local', 'Admin ' || t, 'admin', 'tr', ${passwordHash}
      from seed_tenants
      union all
      select seed_id('2026-02-01', 'teacher user ' || t), id, 'teacher' || t || '@load.local', 'Öğretmen 0', 'teacher', 'tr', ${passwordHash}
      from seed_tenants`;
    await tx.unsafe(TEACHERS);
    await tx.unsafe(SESSIONS);
    // Filled first and indexed then, the large tables take half the time.
    const indexes = await tx<{ name: string; definition: string }[]>`
      select indexname as name, indexdef as definition from pg_indexes
      where schemaname = 'public' and tablename in ('attendance_records', 'attendance_events')
        and indexname not in (select conname from pg_constraint)`;
    for (const { name } of indexes) await tx`drop index ${tx(name)}`;
    await tx.unsafe(RECORDS);
    for (const { definition } of indexes) await tx.unsafe(definition);
    await tx.unsafe(WORK);
    await tx.unsafe('drop function seed_id, seed_share');
  });
  await sql.unsafe('vacuum analyze');
  const [counts] = await sql<SeedCounts[]>`
    select (select count(*)::int from tenants) as institutions, (select count(*)::int from students) as students,
      (select count(*)::int from courses) as courses, (select count(*)::int from class_sessions) as sessions,
      (select count(*)::int from attendance_records) as records, (select count(*)::int from attendance_events) as events`;
  return counts!;
}

/** Ids as the server makes them: by time first, so that indexes are as they would be; else by name. */
const FUNCTIONS = `
  create function seed_id(at timestamptz, name text) returns uuid language sql immutable as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5(name), 1, 3) ||
      '8' || substr(md5(name), 4, 15))::uuid $$;
  create function seed_share(name text) returns float8 language sql immutable as $$
    select (('x' || substr(md5(name), 1, 8))::bit(32)::bigint & 2147483647) / 2147483648.0 $$;
`;

const PEOPLE = `
  insert into students (id, tenant_id, number, name, email, department, search_text, created_at)
  select id, tenant_id, 'S' || (100000 + i), name, null, 'Bölüm ' || (i % 12), lower('s' || (100000 + i) || ' ' || name), '2026-02-01'
  from (
    select s.*, (array['Ayşe','Mehmet','Айгүл','Çağla','Ömer','Zeynep','Бакыт','Emre'])[1 + i % 8] || ' ' ||
      (array['Yılmaz','Öztürk','Asanova','Şahin','Çelik','Aydın','Kaya','Токтогулов','Arslan','Demir'])[1 + (i / 8) % 10] || ' ' || i as name
    from seed_students s
  ) n;
  insert into courses (id, tenant_id, code, name, semester, department)
  select id, tenant_id, 'D' || (1000 + c), 'Ders ' || c, '2026-1', 'Bölüm ' || (c % 12) from seed_courses;
  insert into enrolments (tenant_id, course_id, student_id)
  select distinct s.tenant_id, c.id, s.id
  from seed_students s join seed_tenants t on t.t = s.t cross join generate_series(0, 3) k
  join seed_courses c on c.t = s.t and c.c = (s.i + k * (t.courses / 4)) % t.courses;
`;

const TEACHERS = `
  insert into teachers (id, tenant_id, user_id, name, email, title, department, search_text)
  select seed_id('2026-02-01', 'teacher ' || t || ' ' || n), id,
    case when n = 0 then seed_id('2026-02-01', 'teacher user ' || t) end, 'Öğretmen ' || n, null, 'Dr.', 'Bölüm ' || (n % 12),
    'ogretmen ' || n
  from seed_tenants cross join lateral generate_series(0, (courses - 1) / 6) n;
  insert into course_teachers (tenant_id, course_id, teacher_id)
  select tenant_id, id, seed_id('2026-02-01', 'teacher ' || t || ' ' || (c / 6)) from seed_courses;
  insert into rooms (id, tenant_id, name, capacity)
  select seed_id('2026-02-01', 'room ' || t || ' ' || n), id, 'Derslik ' || n, 60 from seed_tenants, generate_series(1, 40) n;
`;

const SESSIONS = `
  create temp table seed_sessions as
    select seed_id(starts_at, 'session ' || t || ' ' || c || ' ' || m) as id, * from (
      select c.tenant_id, c.id as course_id, c.t, c.c, m,
        '2026-02-23'::timestamptz + (m / 2) * interval '7 days'
          + (case when m % 2 = 0 then c.c % 3 else 3 + c.c % 2 end) * interval '1 day' + (6 + c.c % 9) * interval '1 hour' as starts_at
      from seed_courses c cross join generate_series(0, ${MEETINGS - 1}) m
    ) s;
  analyze seed_sessions;
  insert into class_sessions (id, tenant_id, course_id, status, starts_at, ends_at, opened_at, closed_at, day, policy, rules)
  select id, tenant_id, course_id, 'closed', starts_at, starts_at + interval '50 minutes', starts_at,
    starts_at + interval '50 minutes', (starts_at at time zone 'Europe/Istanbul')::date,
    '{"id":"default","emotion":"class","minClassSize":5}', '{"lateAfterMinutes":15,"minPresenceShare":0,"graceMinutes":5}'
  from seed_sessions order by id;
`;

const RECORDS = `
  create temp table seed_records as
    select seed_id(s.starts_at, 'record ' || s.id || e.student_id) as id, s.tenant_id, s.id as session_id, e.student_id,
      s.course_id, (s.starts_at at time zone 'Europe/Istanbul')::date as day, s.starts_at,
      seed_share(s.id || 'status' || e.student_id) as u, seed_share(s.id || 'method' || e.student_id) as v
    from seed_sessions s join enrolments e on e.course_id = s.course_id;
  insert into attendance_records (id, tenant_id, session_id, student_id, course_id, day, status, method, confidence,
    first_seen_at, last_seen_at, seconds_seen, corrected_by, corrected_at, created_at, updated_at)
  select id, tenant_id, session_id, student_id, course_id, day,
    case when u < 0.82 then 'present' when u < 0.88 then 'late' when u < 0.9 then 'excused' else 'absent' end,
    case when u < 0.88 then case when v < 0.85 then 'face' when v < 0.95 then 'qr' else 'manual' end end,
    case when u < 0.88 and v < 0.85 then 0.9 end,
    case when u < 0.88 and v < 0.97 and (v < 0.85 or v >= 0.95) then starts_at + u * interval '20 minutes' end,
    case when u < 0.88 and v < 0.85 then starts_at + interval '48 minutes' end, case when u < 0.88 then 2400 else 0 end,
    case when u < 0.88 and v >= 0.95 then tenant_id end, case when u < 0.88 and v >= 0.95 then starts_at + interval '1 hour' end,
    starts_at, starts_at
  from seed_records order by id;
  insert into attendance_events (id, tenant_id, session_id, student_id, type, method, status, confidence, at, stream_id, track_id, actor_id, created_at)
  select seed_id(starts_at, 'event ' || id), tenant_id, session_id, student_id,
    case when u >= 0.88 then 'session-closed' when v < 0.85 then 'marked' when v < 0.95 then 'qr-scanned' else 'corrected' end,
    case when u < 0.88 then case when v < 0.85 then 'face' when v < 0.95 then 'qr' else 'manual' end end,
    case when u < 0.88 and v >= 0.95 then 'present' end, case when u < 0.88 and v < 0.85 then 0.9 end, starts_at,
    case when u < 0.88 and v < 0.85 then session_id end, case when u < 0.88 and v < 0.85 then 1 end,
    case when u < 0.88 and v >= 0.95 then tenant_id end, starts_at
  from seed_records order by starts_at, id;
  insert into session_tallies (session_id, tenant_id, course_id, day, present, late, excused, absent, pending,
    by_face, by_qr, by_hand, corrected, kept, time_corrected)
  select session_id, tenant_id, course_id, day, count(*) filter (where u < 0.82),
    count(*) filter (where u >= 0.82 and u < 0.88), count(*) filter (where u >= 0.88 and u < 0.9),
    count(*) filter (where u >= 0.9), 0, count(*) filter (where u < 0.88 and v < 0.85),
    count(*) filter (where u < 0.88 and v >= 0.85 and v < 0.95), count(*) filter (where u < 0.88 and v >= 0.95),
    count(*) filter (where u < 0.88 and v >= 0.95), count(*) filter (where u < 0.88 and v < 0.85),
    count(*) filter (where u < 0.88 and v >= 0.95 and v < 0.97)
  from seed_records group by session_id, tenant_id, course_id, day order by session_id;
`;

const WORK = `
  insert into audit_log (id, tenant_id, seq, at, actor_id, actor_kind, action, subject_type, data, origin_hash, previous_hash, hash)
  select seed_id('2026-05-01'::timestamptz + n * interval '1 minute', 'audit ' || n), t.id, n,
    '2026-05-01'::timestamptz + n * interval '1 minute', seed_id('2026-02-01', 'admin 0'), 'user', 'PUT /attendance/{id}', 'attendance',
    '{}', decode(md5('o' || n), 'hex'), decode(md5('a' || n), 'hex'), decode(md5('b' || n), 'hex')
  from seed_tenants t cross join generate_series(1, 20000) n where t.t = 0;
  insert into notifications (id, tenant_id, user_id, channel, kind, locale, data, status, dedupe_key, due_at, sent_at, created_at)
  select seed_id('2026-05-01'::timestamptz + n * interval '1 minute', 'note ' || n), t.id, seed_id('2026-02-01', 'admin 0'), 'in-app',
    'absence-warning', 'tr', '{}', 'sent', 'n' || n, '2026-05-01', '2026-05-01', '2026-05-01'::timestamptz + n * interval '1 minute'
  from seed_tenants t cross join generate_series(1, 5000) n where t.t = 0;
  insert into review_items (id, tenant_id, session_id, stream_id, track_id, student_id, confidence, score, margin,
    first_seen_at, asked_at, status, decided_at)
  select seed_id(starts_at, 'review ' || id), tenant_id, session_id, session_id, 2, student_id, 0.6, 0.4, 0.1, starts_at, starts_at,
    case when u < 0.6 then 'confirmed' when u < 0.9 then 'rejected' else 'open' end, starts_at
  from seed_records where v > 0.84 and v < 0.85;
  -- Of one course a camera's samples: every 10 s of each meeting.
  insert into engagement_samples (tenant_id, session_id, student_id, stream_id, start_at, length_ms, frames_sampled,
    frames_seen, frames_judged, frames_attentive, eyes_judged, eyes_closed)
  select r.tenant_id, r.session_id, r.student_id, r.session_id, r.starts_at + b * interval '10 seconds', 10000, 20, 18, 15, 11, 10, 1
  from seed_records r cross join generate_series(0, 299) b
  where r.course_id = seed_id('2026-02-01', 'course 0 0') and r.u < 0.88;
`;
