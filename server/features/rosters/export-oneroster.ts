import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import { sql } from 'drizzle-orm';
import { ZipFile } from 'yazl';
import type { AppContext } from '../../context.ts';
import { type ExportOptions, rosterPages } from './pages.ts';

type Cells = Record<string, string>;

const COLUMNS = {
  orgs: ['name', 'type', 'identifier', 'parentSourcedId'],
  academicSessions: ['title', 'type', 'startDate', 'endDate', 'parentSourcedId', 'schoolYear'],
  courses: [
    'schoolYearSourcedId',
    'title',
    'courseCode',
    'grades',
    'orgSourcedId',
    'subjects',
    'subjectCodes',
  ],
  classes: [
    ...['title', 'grades', 'courseSourcedId', 'classCode', 'classType', 'location', 'schoolSourcedId'],
    ...['termSourcedIds', 'subjects', 'subjectCodes', 'periods'],
  ],
  users: [
    ...[
      'enabledUser',
      'username',
      'userIds',
      'givenName',
      'familyName',
      'middleName',
      'identifier',
      'email',
      'sms',
    ],
    ...['phone', 'agentSourcedIds', 'grades', 'password', 'userMasterIdentifier', 'resourceSourcedIds'],
    ...[
      'preferredGivenName',
      'preferredMiddleName',
      'preferredFamilyName',
      'primaryOrgSourcedId',
      'pronouns',
    ],
    ...['metadata.title', 'metadata.locale'],
  ],
  roles: [
    'userSourcedId',
    'roleType',
    'role',
    'beginDate',
    'endDate',
    'orgSourcedId',
    'userProfileSourcedId',
  ],
  enrollments: [
    'classSourcedId',
    'schoolSourcedId',
    'userSourcedId',
    'role',
    'primary',
    'beginDate',
    'endDate',
  ],
} as const;

const ABSENT = [
  ...[
    'categories',
    'classResources',
    'courseResources',
    'demographics',
    'lineItemLearningObjectiveIds',
    'lineItems',
  ],
  ...[
    'lineItemScoreScales',
    'resources',
    'resultLearningObjectiveIds',
    'results',
    'resultScoreScales',
    'scoreScales',
  ],
  ...['userProfiles', 'userResources'],
];

/**
 * The institution as a OneRoster 1.2 CSV archive, bulk files. Who came from another system keeps its id, all others have
 * the ids of this one. Titles of teachers and languages of students are in `metadata` columns.
 */
export async function oneRosterExport(
  context: AppContext,
  tenantId: string,
  options: ExportOptions,
): Promise<NodeJS.ReadableStream> {
  const pages = rosterPages(context, tenantId, options);
  const facts = await context.db.read(tenantId, async (tx) => {
    const [tenant] = await tx.execute<{ name: string }>(sql`select name from tenants where id = ${tenantId}`);
    const departments = await tx.execute<{ name: string }>(sql`
      select department as name from students where department is not null
      union select department from teachers where department is not null
      union select department from courses where department is not null order by 1`);
    const semesters = await tx.execute<{ title: string; from: string | null; until: string | null }>(sql`
      select c.semester as title, min(m.valid_from)::text as "from", max(m.valid_until)::text as until
      from courses c left join course_meetings m on m.course_id = c.id
      where c.semester <> '' group by c.semester order by c.semester`);
    return { name: tenant?.name ?? '', departments: [...departments], semesters: [...semesters] };
  });
  const school = tenantId;
  const orgOf = new Map(facts.departments.map(({ name }, i) => [name, `department-${i + 1}`]));
  const termOf = new Map(facts.semesters.map(({ title }, i) => [title, `term-${i + 1}`]));
  const org = (department: string | null) => (department && orgOf.get(department)) || school;

  const tables: Record<keyof typeof COLUMNS, () => AsyncIterable<Cells> | Iterable<Cells>> = {
    orgs: () => [
      { sourcedId: school, name: facts.name, type: 'school' },
      ...[...orgOf].map(([name, sourcedId]) => ({
        sourcedId,
        name,
        type: 'department',
        parentSourcedId: school,
      })),
    ],
    academicSessions: () =>
      facts.semesters.map(({ title, from, until }) => ({
        sourcedId: termOf.get(title)!,
        title,
        type: 'semester',
        startDate: from ?? '',
        endDate: until ?? '',
        schoolYear: (until ?? from ?? '').slice(0, 4),
      })),
    courses: async function* () {
      for await (const { id, externalId, name, code, department } of pages.courses()) {
        const sourcedId = `course-${externalId ?? id}`;
        yield { sourcedId, title: name, courseCode: code, orgSourcedId: org(department) };
      }
    },
    classes: async function* () {
      for await (const { id, externalId, name, code, semester, archived } of pages.courses()) {
        yield {
          sourcedId: externalId ?? id,
          status: statusOf(archived),
          title: name,
          courseSourcedId: `course-${externalId ?? id}`,
          classCode: code,
          classType: 'scheduled',
          schoolSourcedId: school,
          termSourcedIds: termOf.get(semester) ?? '',
        };
      }
    },
    users: async function* () {
      for await (const teacher of pages.teachers()) {
        yield {
          ...person(teacher.externalId ?? teacher.id, teacher.name, teacher.email),
          status: statusOf(teacher.archived),
          username: teacher.email ?? '',
          primaryOrgSourcedId: org(teacher.department),
          'metadata.title': teacher.title ?? '',
        };
      }
      for await (const student of pages.students()) {
        const sourcedId = student.externalId ?? student.id;
        const guardian = student.guardianName !== null || student.guardianEmail !== null;
        yield {
          ...person(sourcedId, student.name, student.email),
          status: statusOf(student.archived),
          username: student.number,
          identifier: student.number,
          agentSourcedIds: guardian ? `guardian-${sourcedId}` : '',
          primaryOrgSourcedId: org(student.department),
          'metadata.locale': student.locale ?? '',
        };
        if (guardian)
          yield person(`guardian-${sourcedId}`, student.guardianName ?? '', student.guardianEmail);
      }
    },
    roles: async function* () {
      const role = (userSourcedId: string, name: string): Cells => ({
        sourcedId: `role-${userSourcedId}`,
        userSourcedId,
        roleType: 'primary',
        role: name,
        orgSourcedId: school,
      });
      for await (const { id, externalId } of pages.teachers()) yield role(externalId ?? id, 'teacher');
      for await (const { id, externalId, guardianName, guardianEmail } of pages.students()) {
        yield role(externalId ?? id, 'student');
        if (guardianName !== null || guardianEmail !== null)
          yield role(`guardian-${externalId ?? id}`, 'guardian');
      }
    },
    enrollments: async function* () {
      for (const [links, role] of [
        [pages.teaching(), 'teacher'],
        [pages.enrolments(), 'student'],
      ] as const) {
        for await (const link of links) {
          yield {
            sourcedId: `${role}-${link.courseId}-${link.personId}`,
            classSourcedId: link.courseExternalId ?? link.courseId,
            schoolSourcedId: school,
            userSourcedId: link.personExternalId ?? link.personId,
            role,
          };
        }
      }
    },
  };

  const zip = new ZipFile();
  const fail = (error: Error) => (zip.outputStream as Readable).destroy(error);
  zip.addBuffer(Buffer.from(manifest(facts.name)), 'manifest.csv');
  for (const [name, rows] of Object.entries(tables) as [keyof typeof COLUMNS, () => Iterable<Cells>][]) {
    // Begun when its turn comes, so that one table is read at a time.
    zip.addReadStreamLazy(`${name}.csv`, (ready) => {
      const table = stringify({
        header: true,
        columns: ['sourcedId', 'status', 'dateLastModified', ...COLUMNS[name]],
        record_delimiter: 'windows',
        escape_formulas: true,
      });
      const source = Readable.from(rows());
      source.on('error', fail);
      ready(null, source.pipe(table));
    });
  }
  zip.on('error', fail);
  zip.end();
  return zip.outputStream;
}

function manifest(name: string): string {
  const files = Object.keys(COLUMNS).map((table) => `file.${table},bulk`);
  const absent = ABSENT.map((table) => `file.${table},absent`);
  const lines = ['manifest.version,1.0', 'oneroster.version,1.2', ...files, ...absent];
  const quoted = `"${name.replace(/"/g, '""')}"`;
  return [
    'propertyName,value',
    ...lines,
    `source.systemName,${quoted}`,
    'source.systemCode,yoklama',
    '',
  ].join('\r\n');
}

/** Bulk files leave the status empty. Given names and family name: the last word is the family's. */
function person(sourcedId: string, name: string, email: string | null): Cells {
  const at = name.lastIndexOf(' ');
  return {
    sourcedId,
    enabledUser: 'true',
    givenName: at < 0 ? name : name.slice(0, at),
    familyName: at < 0 ? '' : name.slice(at + 1),
    email: email ?? '',
  };
}

const statusOf = (archived: boolean) => (archived ? 'tobedeleted' : '');
