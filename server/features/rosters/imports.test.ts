import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { type Api, addTenant, startTestServer, type TestServer } from '../../../tests/support/server.ts';
import type { Course } from '../courses/schemas.ts';
import type { Student } from '../students/schemas.ts';
import type { Import, ImportLine } from './schemas.ts';

type Failure = { error: { code: string; message: string; details?: Record<string, unknown> } };
type List<T> = { total: number; items: T[] };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ students: 0 });
}, 60_000);
afterAll(() => server?.close());

async function upload(
  content: string | Buffer,
  fields: Record<string, string> = {},
  api: Api = server.admin,
  name = 'roster.csv',
) {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append('file', new Blob([typeof content === 'string' ? content : Uint8Array.from(content)]), name);
  return api.post<Import & Failure>('/imports', form);
}
const linesOf = async (id: string, query = '', api: Api = server.admin) =>
  (await api.get<List<ImportLine>>(`/imports/${id}/lines?limit=500&${query}`)).body.items;
const apply = (id: string, body: object = {}, api: Api = server.admin) =>
  api.post<Import & Failure>(`/imports/${id}/apply`, body);
const studentBy = async (number: string, api: Api = server.admin) =>
  (await api.get<List<Student>>(`/students?search=${number}`)).body.items.find(
    (one) => one.number === number,
  );

describe('importing a table', () => {
  it('says what each line would do, changes nothing, then does it once', async () => {
    const text =
      'Öğrenci No;Ad;Soyad;E-posta;Bölüm;Şube\n1001;Çağla;Işık;Cagla@Okul.Example;Fizik;A\n1002;Ege;Şen;;;B\n';
    const made = await upload(text, { entity: 'students' });
    expect([made.status, made.body]).toMatchObject([
      201,
      {
        status: 'checked',
        format: 'csv',
        entity: 'students',
        name: 'roster.csv',
        counts: { lines: 2, create: 2, error: 0 },
        details: { encoding: 'utf-8', separator: ';', ignoredColumns: ['Şube'] },
      },
    ]);
    expect(await linesOf(made.body.id)).toMatchObject([
      { line: 2, entity: 'student', key: '1001', outcome: 'create' },
      { line: 3, key: '1002', outcome: 'create' },
    ]);
    expect(await studentBy('1001')).toBeUndefined();
    const [first, second] = [await apply(made.body.id), await apply(made.body.id)];
    expect([first.status, first.body]).toMatchObject([200, { status: 'applied', counts: { create: 2 } }]);
    expect(second.body).toEqual(first.body);
    expect(await studentBy('1001')).toMatchObject({
      name: 'Çağla Işık',
      email: 'cagla@okul.example',
      department: 'Fizik',
    });
    expect((await server.admin.get<List<Student>>('/students?search=cagla isik')).body.total).toBe(1);
    const again = await upload(text, { entity: 'students' });
    expect(again.body.counts).toMatchObject({ lines: 2, unchanged: 2, create: 0 });
  });

  it('updates what a line says and leaves the rest; empties only where it is asked to', async () => {
    await apply(
      (await upload('number,name,guardianEmail\n1101,Ayla Kaya,veli@ev.example\n', { entity: 'students' }))
        .body.id,
    );
    const changed = await upload('number,name,guardianEmail,locale\n1101,Ayla Demir,,Türkçe\n', {
      entity: 'students',
    });
    expect(changed.body.counts).toMatchObject({ update: 1 });
    await apply(changed.body.id);
    expect(await studentBy('1101')).toMatchObject({
      name: 'Ayla Demir',
      guardianEmail: 'veli@ev.example',
      locale: 'tr',
    });
    expect((await server.admin.get<List<Student>>('/students?search=demir')).body.total).toBe(1);
    expect((await server.admin.get<List<Student>>('/students?search=kaya')).body.total).toBe(0);
    const partial = await upload('number,email\n1101,ayla@okul.example\n', { entity: 'students' });
    await apply(partial.body.id);
    expect((await server.admin.get<List<Student>>('/students?search=demir ayla@okul')).body.total).toBe(1);
    const emptied = await upload('number,guardianEmail\n1101,\n', {
      entity: 'students',
      emptyClears: 'true',
    });
    await apply(emptied.body.id);
    expect(await studentBy('1101')).toMatchObject({ name: 'Ayla Demir', guardianEmail: null });
  });

  it('archives and restores by the status of a line', async () => {
    await apply((await upload('number,name\n1201,Ada\n', { entity: 'students' })).body.id);
    const { id } = (await studentBy('1201'))!;
    const archive = await upload('number,durum\n1201,pasif\n1299,pasif\n', { entity: 'students' });
    expect(archive.body.counts).toMatchObject({ archive: 1, unchanged: 1 });
    await apply(archive.body.id);
    expect(await studentBy('1201')).toBeUndefined();
    expect((await server.admin.get<List<Student>>('/students?archived=true')).body.items).toMatchObject([
      { id },
    ]);
    await apply((await upload('number,status\n1201,active\n', { entity: 'students' })).body.id);
    expect(await studentBy('1201')).toMatchObject({ id, archived: false });
  });

  it('says what is wrong with a line, in a code and in words, and loses no other', async () => {
    await apply(
      (await upload('number,name,externalId\n1301,Old,E1\n1302,Other,E2\n', { entity: 'students' })).body.id,
    );
    const text = [
      'number;name;email;externalId;locale;status',
      '1310;Good;;;;',
      '1310;Twice;;;;',
      ';Nobody;;;;',
      '1311;;;;;',
      '1312;Mail;not-an-address;;;',
      '1313;Language;;;klingon;',
      '1314;Status;;;;maybe',
      '1315;Too;few',
      '1316;Too;;;;;many',
      '1302;Conflict;;E1;;',
      `1317;${'x'.repeat(300)};;;;`,
      '1318;"never closed;;;;',
      '1319;=HYPERLINK("http://evil");;;;',
      '1320;Bell\u0007;;;;',
      '1321;Last;;;;;;;',
    ].join('\r\n');
    const made = await upload(text, { entity: 'students' });
    const lines = await linesOf(made.body.id);
    expect(lines.map(({ line, outcome, code }) => [line, code ?? outcome])).toEqual([
      [2, 'create'],
      [3, 'duplicate-in-file'],
      [4, 'number-missing'],
      [5, 'incomplete'],
      [6, 'email-invalid'],
      [7, 'locale-unknown'],
      [8, 'status-unknown'],
      [9, 'column-count'],
      [10, 'column-count'],
      [11, 'conflict'],
      [12, 'too-long'],
      [13, 'quote-open'],
      [14, 'create'],
      [15, 'not-text'],
      [16, 'create'],
    ]);
    expect(lines[1]!.message).toBe('Line 2 has the same number.');
    for (const { outcome, message } of lines) if (outcome === 'error') expect(message).toBeTruthy();
    expect((await linesOf(made.body.id, 'outcome=create')).map(({ key }) => key)).toEqual([
      '1310',
      '1319',
      '1321',
    ]);
    const refused = await apply(made.body.id);
    expect([refused.status, refused.body.error]).toMatchObject([
      409,
      { code: 'import-has-errors', details: { errors: 12 } },
    ]);
    expect(await studentBy('1310')).toBeUndefined();
    expect((await apply(made.body.id, { skipErrors: true })).body.status).toBe('applied');
    expect(await studentBy('1319')).toMatchObject({ name: '=HYPERLINK("http://evil")' });
    expect(await studentBy('1301')).toMatchObject({ name: 'Old', externalId: 'E1' });
  });

  it('is compared anew when it is applied', async () => {
    const made = await upload('number,name\n1401,From File\n1402,New\n', { entity: 'students' });
    expect(made.body.counts).toMatchObject({ create: 2 });
    await server.admin.post('/students', { number: '1401', name: 'By Hand' });
    const applied = await apply(made.body.id);
    expect(applied.body.counts).toMatchObject({ create: 1, update: 1 });
    expect(await studentBy('1401')).toMatchObject({ name: 'From File' });
    const ext = await upload('number,name,externalId\n1403,A,X1\n', { entity: 'students' });
    await server.admin.post('/students', { number: '1404', name: 'Has it', externalId: 'X1' });
    await server.admin.post('/students', { number: '1403', name: 'Another' });
    const refused = await apply(ext.body.id);
    expect([refused.status, refused.body.error?.code]).toEqual([409, 'import-has-errors']);
    const now = (await server.admin.get<Import>(`/imports/${ext.body.id}`)).body;
    expect(now).toMatchObject({ status: 'checked', error: 'import-has-errors', counts: { error: 1 } });
    expect(await linesOf(ext.body.id)).toMatchObject([{ code: 'conflict' }]);
  });

  it('is applied once, however many ask at once', async () => {
    const made = await upload('number,name\n1501,Only One\n', { entity: 'students' });
    const answers = await Promise.all(Array.from({ length: 6 }, () => apply(made.body.id)));
    expect(answers.every(({ status }) => status === 200 || status === 202)).toBe(true);
    expect((await server.admin.get<List<Student>>('/students?search=1501')).body.total).toBe(1);
  });

  it('reads every encoding and separator that tables come in', async () => {
    const text = 'numara\tad soyad\n1601\tŞükrü Ağır\n';
    const latin5 = Buffer.from(
      [...text].map((c) => ({ Ş: 0xde, ü: 0xfc, ğ: 0xf0, ı: 0xfd })[c] ?? c.charCodeAt(0)),
    );
    const latinAgir = Buffer.from(latin5);
    for (const [bytes, encoding] of [
      [Buffer.from(text), 'utf-8'],
      [Buffer.from(`\ufeff${text}`), 'utf-8'],
      [Buffer.from(`\ufeff${text}`, 'utf16le'), 'utf-16le'],
      [latinAgir, 'windows-1254'],
    ] as const) {
      const made = await upload(bytes, { entity: 'students' });
      expect(made.body.details).toMatchObject({ encoding, separator: '\t' });
      await apply(made.body.id);
      expect((await studentBy('1601'))!.name).toBe('Şükrü Ağır');
    }
  });

  it('refuses a file that is no roster, and keeps nothing of it', async () => {
    const before = (await server.admin.get<List<Import>>('/imports')).body.total;
    const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48]);
    const cases: [Buffer | string, Record<string, string>, number, string][] = [
      [png, { entity: 'students' }, 422, 'import-not-text'],
      ['name,surname\nA,B\n', { entity: 'students' }, 422, 'import-columns-missing'],
      ['1001,Ada\n1002,Ece\n', { entity: 'students' }, 422, 'import-columns-missing'],
      ['', { entity: 'students' }, 400, 'import-file-missing'],
      ['number,name\n1,A\n', {}, 400, 'invalid-request'],
      ['number,name\n1,A\n', { entity: 'cameras' }, 400, 'invalid-request'],
      [Buffer.from('PK\u0003\u0004 not really'), {}, 422, 'import-zip-unsafe'],
    ];
    for (const [content, fields, status, code] of cases) {
      const answer = await upload(content, fields);
      expect([answer.status, answer.body.error?.code], code).toEqual([status, code]);
    }
    expect((await server.admin.post<Failure>('/imports', { entity: 'students' })).status).toBe(415);
    expect((await server.admin.get<List<Import>>('/imports')).body.total).toBe(before);
  });

  it('brings teachers, courses with who teaches them, and enrolments', async () => {
    const teachers = 'ad soyad;unvan;e-posta;bölüm\nMehmet Yılmaz;Prof. Dr.;mehmet@okul.example;Fizik\n';
    await apply((await upload(teachers, { entity: 'teachers' })).body.id);
    const courses =
      'ders kodu;ders adı;dönem;öğretmenler\nFIZ101;Fizik I;2026-güz;mehmet@okul.example teacher@test.local\n' +
      'FIZ101;Fizik I;2027-güz;\nFIZ102;Fizik II;2026-güz;nobody@okul.example\n';
    const made = await upload(courses, { entity: 'courses' });
    expect(
      (await linesOf(made.body.id)).map(({ entity, outcome, code }) => [entity, code ?? outcome]),
    ).toEqual([
      ['course', 'create'],
      ['teaching', 'create'],
      ['teaching', 'create'],
      ['course', 'create'],
      ['course', 'create'],
      ['teaching', 'teacher-unknown'],
    ]);
    await apply(made.body.id, { skipErrors: true });
    const found = (await server.admin.get<List<Course>>('/courses?search=FIZ101&semester=2026-güz')).body
      .items[0]!;
    expect(found.teachers.map(({ name }) => name).sort()).toEqual(['Ayşe Öğretmen', 'Mehmet Yılmaz']);
    expect((await server.teacher.get<List<Course>>('/courses?search=FIZ')).body.total).toBe(1);

    await apply((await upload('number,name\n1701,A\n1702,B\n', { entity: 'students' })).body.id);
    const enrolments =
      'numara,ders,dönem\n1701,FIZ101,2026-güz\n1702,FIZ101,\n1702,FIZ102,\n1702,FIZ102,\n1799,FIZ102,\n1701,KIM1,\n';
    const enrol = await upload(enrolments, { entity: 'enrolments' });
    expect((await linesOf(enrol.body.id)).map(({ outcome, code }) => [outcome, code])).toEqual([
      ['create', null],
      ['error', 'course-ambiguous'],
      ['create', null],
      ['unchanged', 'duplicate-in-file'],
      ['error', 'student-unknown'],
      ['error', 'course-unknown'],
    ]);
    await apply(enrol.body.id, { skipErrors: true });
    expect((await server.admin.get<Course>(`/courses/${found.id}`)).body.students).toBe(1);
    const end = await upload('numara,ders,dönem,durum\n1701,FIZ101,2026-güz,pasif\n', {
      entity: 'enrolments',
    });
    expect(end.body.counts).toMatchObject({ archive: 1 });
    await apply(end.body.id);
    expect((await server.admin.get<Course>(`/courses/${found.id}`)).body.students).toBe(0);
  });

  it('gives the teacher of an import to the account made later', async () => {
    await apply(
      (await upload('name,email\nNilgün Er,nilgun@okul.example\n', { entity: 'teachers' })).body.id,
    );
    const account = {
      email: 'Nilgun@okul.example',
      name: 'N. Er',
      role: 'teacher',
      password: 'correct horse battery',
    };
    const user = await server.admin.post<{ id: string }>('/users', account);
    const found = await server.admin.get<List<{ name: string; userId: string }>>('/teachers?search=nilgun');
    expect(found.body.items).toMatchObject([{ name: 'Nilgün Er', userId: user.body.id }]);
  });

  it('is for administrators, and of their institution', async () => {
    const foreign = await addTenant(server, 'elsewhere');
    const made = await upload('number,name\n1801,Hidden\n', { entity: 'students' });
    const path = `/imports/${made.body.id}`;
    expect((await upload('number,name\n1,A\n', { entity: 'students' }, server.teacher)).status).toBe(403);
    for (const [method, to] of [
      ['GET', path],
      ['GET', `${path}/lines`],
      ['POST', `${path}/apply`],
      ['DELETE', path],
    ] as const) {
      const body = method === 'POST' ? {} : undefined;
      expect((await foreign.call(method, to, body)).status, `${method} ${to}`).toBe(404);
      expect((await server.teacher.call(method, to, body)).status, `${method} ${to}`).toBe(403);
    }
    const own = await upload('number,name\n1801,Mine\n', { entity: 'students' }, foreign);
    expect((await apply(own.body.id, {}, foreign)).status).toBe(200);
    expect(await studentBy('1801')).toBeUndefined();
    expect((await studentBy('1801', foreign))!.name).toBe('Mine');
    expect((await server.admin.call('DELETE', path)).status).toBe(204);
    expect((await server.admin.get(path)).status).toBe(404);
  });
});

describe('importing OneRoster', () => {
  const zip = async (files: Record<string, string | Buffer>): Promise<Buffer> => {
    const made = new ZipFile();
    for (const [name, content] of Object.entries(files)) made.addBuffer(Buffer.from(content), name);
    made.end();
    const chunks: Buffer[] = [];
    for await (const chunk of made.outputStream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  };
  const files = {
    'manifest.csv':
      'propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\nfile.users,bulk\nfile.demographics,absent\n',
    'orgs.csv':
      'sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\no1,,,Lise,school,,\no2,,,Kimya,department,,o1\n',
    'academicSessions.csv':
      'sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\nt1,,,2026 Güz,semester,2026-09-14,2027-01-08,,2027\n',
    'courses.csv':
      'sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes\nc1,,,,Kimya,KIM9,,o2,,\n',
    'classes.csv':
      'sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\n' +
      'k1,,,Kimya 9-A,,c1,KIM9-A,scheduled,,o1,t1,,,\n',
    'users.csv':
      'sourcedId,status,dateLastModified,enabledUser,username,givenName,familyName,middleName,identifier,email,agentSourcedIds,primaryOrgSourcedId,extra\n' +
      'u1,,,true,can,Can,Öz,Ali,2001,can@okul.example,g1,o1,?\n' +
      'u2,,,true,ece,Ece,Su,,2002,,,o1,?\n' +
      'u3,,,true,hoca,Zeynep,Ak,,,zeynep@okul.example,,o2,?\n' +
      'g1,,,true,anne,Derya,Öz,,,derya@ev.example,,,?\n' +
      'x1,,,true,admin,Some,Admin,,,admin@okul.example,,,?\n',
    'roles.csv':
      'sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId\n' +
      'r1,,,u1,primary,student,,,o1,\nr2,,,u2,primary,student,,,o1,\nr3,,,u3,primary,teacher,,,o1,\n' +
      'r4,,,g1,primary,guardian,,,o1,\nr5,,,x1,primary,administrator,,,o1,\n',
    'enrollments.csv':
      'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n' +
      'e1,,,k1,o1,u1,student,,,\ne2,,,k1,o1,u2,student,,,\ne3,,,k1,o1,u3,teacher,true,,\n',
  };

  it('brings classes, people, guardians and enrollments in one go', async () => {
    const foreign = await addTenant(server, 'lise');
    const made = await upload(await zip(files), {}, foreign, 'lise.zip');
    expect([made.status, made.body]).toMatchObject([
      201,
      {
        format: 'oneroster',
        status: 'checked',
        counts: { lines: 7, create: 7, error: 0 },
        entities: {
          student: { create: 2 },
          teacher: { create: 1 },
          course: { create: 1 },
          teaching: { create: 1 },
        },
        details: { version: '1.2' },
      },
    ]);
    expect((await apply(made.body.id, {}, foreign)).body).toMatchObject({ status: 'applied' });
    const [course] = (await foreign.get<List<Course>>('/courses')).body.items;
    expect(course).toMatchObject({
      ...{ code: 'KIM9-A', name: 'Kimya 9-A', semester: '2026 Güz', department: 'Kimya', externalId: 'k1' },
      ...{ students: 2, teachers: [{ name: 'Zeynep Ak' }] },
    });
    expect(await studentBy('2001', foreign)).toMatchObject({
      ...{ name: 'Can Ali Öz', email: 'can@okul.example', externalId: 'u1', department: null },
      ...{ guardianName: 'Derya Öz', guardianEmail: 'derya@ev.example' },
    });
    const again = await upload(await zip(files), {}, foreign);
    expect(again.body.counts).toMatchObject({ lines: 7, unchanged: 7 });

    const delta = {
      ...files,
      'users.csv': files['users.csv']
        .replace('u1,,', 'u1,tobedeleted,2026-10-01')
        .replace('Ece,Su', 'Ece,Deniz'),
      'enrollments.csv': files['enrollments.csv'].replace('e1,,', 'e1,tobedeleted,'),
    };
    const changed = await upload(await zip(delta), {}, foreign);
    expect(changed.body.entities).toMatchObject({
      student: { archive: 1, update: 1 },
      enrolment: { archive: 1, unchanged: 1 },
    });
    await apply(changed.body.id, {}, foreign);
    expect(await studentBy('2001', foreign)).toBeUndefined();
    expect(await studentBy('2002', foreign)).toMatchObject({ name: 'Ece Deniz' });
  });

  it('refuses archives that are none, and those that are traps', async () => {
    const cases: [string, Buffer, string][] = [
      [
        'a spreadsheet',
        await zip({ '[Content_Types].xml': '<x/>', 'xl/workbook.xml': '<x/>' }),
        'import-not-oneroster',
      ],
      [
        'version 2',
        await zip({ 'manifest.csv': 'propertyName,value\noneroster.version,2.0\n' }),
        'import-not-oneroster',
      ],
      ['a missing table', await zip({ 'manifest.csv': files['manifest.csv'] }), 'import-not-oneroster'],
      ['no sourcedId', await zip({ ...files, 'users.csv': 'name\nA\n' }), 'import-columns-missing'],
      ['truncated', (await zip(files)).subarray(0, 900), 'import-zip-unsafe'],
      [
        'too many files',
        await zip(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`${i}.csv`, '']))),
        'import-too-large',
      ],
      ['a bomb', await zip({ ...files, 'results.csv': Buffer.alloc(120 * 1024 * 1024) }), 'import-too-large'],
    ];
    const outside = await zip({ ...files, 'AAmanifest.csv': 'x' });
    for (let at = outside.indexOf('AAmanifest.csv'); at >= 0; at = outside.indexOf('AAmanifest.csv', at)) {
      outside.write('../../evil.csv', at);
    }
    cases.push(['a path outside', outside, 'import-zip-unsafe']);
    for (const [what, bytes, code] of cases) {
      const answer = await upload(bytes);
      expect([answer.body.error?.code, answer.status >= 400], what).toEqual([code, true]);
    }
    // Claims to be small, unpacks to more.
    const lying = await zip({ ...files, 'orgs.csv': files['orgs.csv'] + 'o3,,,X,school,,\n'.repeat(5000) });
    const central = lying.lastIndexOf('orgs.csv') - 46;
    lying.writeUInt32LE(100, central + 24);
    expect((await upload(lying)).body.error.code).toBe('import-zip-unsafe');
  });
});
