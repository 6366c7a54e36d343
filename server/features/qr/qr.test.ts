import { sql } from 'drizzle-orm';
import jsqr from 'jsqr';
import sharp from 'sharp';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Api,
  addTenant,
  createApi,
  startTestServer,
  type TestServer,
} from '../../../tests/support/server.ts';
import { newId } from '../../db/ids.ts';
import type { AttendanceRecord } from '../attendance/schemas.ts';
import type { QrCode, QrScanList, QrSession } from './schemas.ts';

/** The module's default export is one level deeper for an ES module. */
const jsQR = ((jsqr as unknown as { default?: typeof jsqr.default }).default ?? jsqr) as typeof jsqr.default;

type Failure = { error: { code: string } };

const HERE = { latitude: 41.0082, longitude: 28.9784 };
/** 111 m to the north. */
const NEARBY = { latitude: 41.0092, longitude: 28.9784 };

let server: TestServer;
/** Added to the clock of the machine. */
let offsetMs = 0;
let students: Api[];
let stranger: Api;

beforeAll(async () => {
  server = await startTestServer({
    students: 6,
    overrides: { clock: { now: () => Date.now() + offsetMs } },
  });
  const { tenantId } = server.seeded!;
  const asStudent = async (studentId: string) =>
    createApi(
      server.url,
      await server.context.tokens.issue({
        userId: await userOf(studentId),
        tenantId,
        role: 'student',
        studentId,
        familyId: newId(),
        methods: ['password'],
        validAfter: 0,
      }),
    );
  students = await Promise.all(server.seeded!.students.map(({ id }) => asStudent(id)));
  const other = await server.admin.post<{ id: string }>('/students', { number: 'X1', name: 'Yabancı' });
  stranger = await asStudent(other.body.id);
});
afterAll(() => server?.close());

let sessionId: string;
beforeEach(async () => {
  offsetMs = 0;
  sessionId = await openClass();
});

async function userOf(studentId: string): Promise<string> {
  const { tenantId } = server.seeded!;
  const id = newId();
  await server.context.db.tenant(tenantId, (tx) =>
    tx.execute(sql`insert into users (id, tenant_id, email, name, role, locale, student_id)
      values (${id}, ${tenantId}, ${`${studentId}@test.local`}, 'Öğrenci', 'student', 'tr', ${studentId})`),
  );
  return id;
}

/** An open session without cameras, and so without a video worker. */
async function openClass(): Promise<string> {
  const { tenantId, courseId, students: enrolled } = server.seeded!;
  const id = newId();
  await server.context.db.tenant(tenantId, async (tx) => {
    await tx.execute(
      sql`update class_sessions set status = 'closed', closed_at = now() where status = 'open'`,
    );
    await tx.execute(sql`
      insert into class_sessions (id, tenant_id, course_id, status, starts_at, opened_at, policy, rules)
      values (${id}, ${tenantId}, ${courseId}, 'open', now(), now(),
        '{"id":"default","emotion":"off","minClassSize":5}',
        '{"lateAfterMinutes":15,"minPresenceShare":0,"graceMinutes":5}')`);
    for (const { id: studentId } of enrolled) {
      await tx.execute(sql`insert into attendance_records (id, tenant_id, session_id, student_id, status)
        values (${newId()}, ${tenantId}, ${id}, ${studentId}, 'pending')`);
    }
  });
  return id;
}

async function open(given: object = {}): Promise<QrSession> {
  const answer = await server.teacher.post<QrSession>('/qr/sessions', { sessionId, ...given });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}
const codeOf = async (id: string) => (await server.teacher.get<QrCode>(`/qr/sessions/${id}/code`)).body;
const device = (n: number | string) => `device-number-${n}`;
const scan = (who: Api, code: string, more: object = {}) =>
  who.post<AttendanceRecord & Failure>('/qr/scan', {
    code,
    deviceId: device(students.indexOf(who)),
    ...more,
  });
const failure = async (answer: ReturnType<typeof scan>) => {
  const { status, body } = await answer;
  return `${status} ${body.error?.code}`;
};

describe('a window', () => {
  it('shows a code that a phone reads from the picture, and that marks its student', async () => {
    const window = await open();
    expect(window).toMatchObject({ open: true, rotateSeconds: 10, place: null, accepted: 0, refused: 0 });
    expect(Date.parse(window.closesAt) - Date.parse(window.opensAt)).toBe(600_000);
    const png = await server.teacher.get<Buffer>(`/qr/sessions/${window.id}/code.png?size=400`);
    expect([png.headers.get('content-type'), png.headers.get('cache-control')]).toEqual([
      'image/png',
      'private, no-store',
    ]);
    const { data, info } = await sharp(png.body).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    const read = jsQR(new Uint8ClampedArray(data), info.width, info.height)!.data;
    expect(read).toMatch(/^https?:\/\/.+\/scan#[\w-]{46}$/);
    const svg = await server.teacher.get<Buffer>(`/qr/sessions/${window.id}/code.svg`);
    const drawn = await sharp(svg.body, { density: 300 })
      .flatten({ background: '#fff' })
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height } = drawn.info;
    expect(jsQR(new Uint8ClampedArray(drawn.data), width, height)!.data).toContain('/scan#');

    const marked = await scan(students[0]!, read);
    expect([marked.status, marked.body]).toMatchObject([
      200,
      { status: 'present', method: 'qr', studentId: server.seeded!.students[0]!.id, sessionId },
    ]);
    expect((await server.teacher.get<QrSession>(`/qr/sessions/${window.id}`)).body.accepted).toBe(1);
  });

  it('replaces the one before, ends by itself, and can be closed', async () => {
    const first = await open({ minutes: 5 });
    const old = await codeOf(first.id);
    const second = await open({ minutes: 5 });
    expect((await server.teacher.get<QrSession>(`/qr/sessions/${first.id}`)).body.open).toBe(false);
    expect(await failure(scan(students[0]!, old.code))).toBe('409 qr-closed');
    const { code } = await codeOf(second.id);
    offsetMs = 5 * 60_000 + 1;
    expect(await failure(scan(students[0]!, code))).toBe('409 qr-closed');
    expect((await server.teacher.get<Failure>(`/qr/sessions/${second.id}/code`)).body.error.code).toBe(
      'qr-closed',
    );
    offsetMs = 0;
    const third = await open();
    const now = await codeOf(third.id);
    expect((await server.teacher.call('DELETE', `/qr/sessions/${third.id}`)).status).toBe(204);
    expect((await server.teacher.call('DELETE', `/qr/sessions/${third.id}`)).status).toBe(204);
    expect(await failure(scan(students[0]!, now.code))).toBe('409 qr-closed');
  });

  it('is for an open session of the teacher’s own course', async () => {
    const window = await open();
    const outsider = await addTenant(server, `qr-${newId().slice(-6)}`);
    for (const path of ['', '/code', '/code.png', '/code.svg', '/scans']) {
      const answer = await outsider.get<Failure>(`/qr/sessions/${window.id}${path}`);
      expect([answer.status, answer.body.error.code], path).toEqual([404, 'qr-session-not-found']);
      expect((await students[0]!.get(`/qr/sessions/${window.id}${path}`)).status, path).toBe(403);
    }
    expect((await outsider.call('DELETE', `/qr/sessions/${window.id}`)).status).toBe(404);
    expect((await outsider.post<Failure>('/qr/sessions', { sessionId })).body.error.code).toBe(
      'session-not-found',
    );
    expect((await server.teacher.post<Failure>('/qr/sessions', { sessionId: newId() })).status).toBe(404);
    const closed = sessionId;
    await openClass();
    const refused = await server.teacher.post<Failure>('/qr/sessions', { sessionId: closed });
    expect([refused.status, refused.body.error.code]).toEqual([409, 'session-closed']);
    expect((await server.teacher.post('/qr/sessions', { sessionId, minutes: 241 })).status).toBe(400);
    expect((await server.teacher.post('/qr/sessions', { sessionId, rotateSeconds: 2 })).status).toBe(400);
    expect(await failure(scan(server.teacher, 'x'))).toBe('403 forbidden');
  });

  it('sends every new code to staff who have joined the session', async () => {
    const socket: Socket = io(`${server.url}/live`, {
      transports: ['websocket'],
      auth: { token: server.teacher.token },
    });
    try {
      expect(await socket.timeout(5000).emitWithAck('session:join', { sessionId })).toMatchObject({
        ok: true,
      });
      const codes: QrCode[] = [];
      let told: () => void = () => undefined;
      socket.on('qr:code', (code: QrCode) => {
        codes.push(code);
        told();
      });
      const next = (n: number) =>
        new Promise<void>((resolve) => {
          told = () => codes.length >= n && resolve();
          told();
        });
      const window = await open();
      await next(1);
      expect(codes[0]).toEqual(await codeOf(window.id));
      offsetMs = 10_000;
      await next(2);
      expect(codes[1]!.code).not.toBe(codes[0]!.code);
      expect((await scan(students[0]!, codes[1]!.url)).status).toBe(200);
      // Nobody is shown a code that would be refused.
      expect((await server.teacher.post(`/sessions/${sessionId}/close`)).status).toBe(200);
      offsetMs = 20_000;
      expect(await failure(server.teacher.get(`/qr/sessions/${window.id}/code`) as never)).toBe(
        '409 qr-closed',
      );
      expect(await failure(scan(students[1]!, codes[1]!.code))).toBe('409 qr-closed');
      await new Promise((resolve) => setTimeout(resolve, 1200));
      expect(codes).toHaveLength(2);
    } finally {
      socket.disconnect();
    }
  });
});

describe('a code', () => {
  it('is good while it is shown and for one rotation more', async () => {
    const window = await open();
    const { code } = await codeOf(window.id);
    offsetMs = 11_000;
    expect((await scan(students[0]!, code)).status).toBe(200);
    offsetMs = 21_000;
    expect(await failure(scan(students[1]!, code))).toBe('410 qr-code-expired');
    expect((await scan(students[1]!, (await codeOf(window.id)).code)).status).toBe(200);
  });

  it('does not come back when the clock is set back, and the rotation goes on from where it was', async () => {
    const window = await open();
    const first = await codeOf(window.id);
    offsetMs = 45_000;
    const later = await codeOf(window.id);
    offsetMs = 0;
    expect((await codeOf(window.id)).code).toBe(later.code);
    expect(await failure(scan(students[0]!, first.code))).toBe('410 qr-code-expired');
    expect((await scan(students[0]!, later.code)).status).toBe(200);
  });

  it('is refused when it was forged, and of another institution', async () => {
    const window = await open();
    const { code } = await codeOf(window.id);
    const bytes = Buffer.from(code, 'base64url');
    bytes[33]! ^= 1;
    const forged = bytes.toString('base64url');
    bytes[33]! ^= 1;
    bytes[17]! += 1;
    for (const bad of [forged, bytes.toString('base64url'), 'nothing', code.slice(1), `${code}A`]) {
      expect(await failure(scan(students[0]!, bad)), bad).toBe('422 qr-code-invalid');
    }
    const listed = (await server.teacher.get<QrScanList>(`/qr/sessions/${window.id}/scans`)).body;
    expect(listed.items.map(({ accepted, reason }) => [accepted, reason])).toEqual([
      [false, 'qr-code-invalid'],
      [false, 'qr-code-invalid'],
    ]);
    expect((await scan(students[0]!, code)).status).toBe(200);
  });

  it('marks nobody who is not enrolled, and says nothing more to them', async () => {
    const window = await open({ place: { ...HERE, radiusM: 30 } });
    const { code } = await codeOf(window.id);
    expect(await failure(scan(stranger, code))).toBe('403 qr-not-enrolled');
    offsetMs = 60_000;
    expect(await failure(scan(stranger, code))).toBe('403 qr-not-enrolled');
  });
});

describe('a scan', () => {
  it('sent ten times at once marks once and is answered the same ten times', async () => {
    const window = await open();
    const { code } = await codeOf(window.id);
    const answers = await Promise.all(Array.from({ length: 10 }, () => scan(students[2]!, code)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    const rows = await server.context.db.tenant(server.seeded!.tenantId, (tx) =>
      tx.execute<{ scans: number; events: number }>(sql`select
        (select count(*)::int from qr_scans where qr_session_id = ${window.id}) as scans,
        (select count(*)::int from attendance_events where session_id = ${sessionId} and type = 'qr-scanned') as events`),
    );
    expect(rows[0]).toEqual({ scans: 1, events: 1 });
    // A retry that comes late gets the same, also when the code and the window are over.
    offsetMs = 700_000;
    expect((await scan(students[2]!, code)).body).toEqual(answers[0]!.body);
  });

  it('has to happen at the place', async () => {
    const window = await open({ place: { ...HERE, radiusM: 80 } });
    const { code } = await codeOf(window.id);
    const at = (place: object, accuracyM: number) => ({ place: { ...place, accuracyM } });
    expect(await failure(scan(students[0]!, code))).toBe('422 qr-place-required');
    expect(await failure(scan(students[0]!, code, at(NEARBY, 10)))).toBe('403 qr-too-far');
    // A phone that knows nothing of where it is gets no more credit than one that is off by 50 m.
    const far = { latitude: 41.01, longitude: 28.9784 };
    expect(await failure(scan(students[0]!, code, at(far, 90_000)))).toBe('403 qr-too-far');
    expect((await scan(students[0]!, code, at(NEARBY, 40))).status).toBe(200);
    const { items } = (await server.teacher.get<QrScanList>(`/qr/sessions/${window.id}/scans?sort=at`)).body;
    expect(items.map(({ reason }) => reason)).toEqual([
      'qr-place-required',
      'qr-too-far',
      'qr-too-far',
      null,
    ]);
    expect(Math.round(items[3]!.distanceM!)).toBe(111);
  });

  it('can be bound to the room of the session', async () => {
    const { tenantId } = server.seeded!;
    expect(
      (await server.teacher.post<Failure>('/qr/sessions', { sessionId, place: 'room' })).body.error.code,
    ).toBe('qr-room-without-place');
    const room = newId();
    await server.context.db.tenant(tenantId, async (tx) => {
      await tx.execute(sql`insert into rooms (id, tenant_id, name, latitude, longitude)
        values (${room}, ${tenantId}, ${`A-${room}`}, ${HERE.latitude}, ${HERE.longitude})`);
      await tx.execute(sql`update class_sessions set room_id = ${room} where id = ${sessionId}`);
    });
    expect((await open({ place: 'room' })).place).toEqual({ ...HERE, radiusM: 50 });
  });

  it('from the device of another student is refused, or taken and shown', async () => {
    const window = await open();
    const { code } = await codeOf(window.id);
    const shared = { deviceId: device('shared') };
    expect((await scan(students[0]!, code, shared)).status).toBe(200);
    expect(await failure(scan(students[1]!, code, shared))).toBe('409 qr-device-shared');
    // Also in a new window of the same session.
    const again = await open();
    expect(await failure(scan(students[1]!, (await codeOf(again.id)).code, shared))).toBe(
      '409 qr-device-shared',
    );
    await setSharedDevice('flag');
    const taken = await scan(students[1]!, (await codeOf(again.id)).code, shared);
    await setSharedDevice('refuse');
    expect(taken.status).toBe(200);
    const { items } = (await server.teacher.get<QrScanList>(`/qr/sessions/${again.id}/scans?accepted=true`))
      .body;
    expect(items).toMatchObject([{ accepted: true, reason: 'qr-device-shared', sharedDevice: true }]);
    const stored = await server.context.db.tenant(server.seeded!.tenantId, (tx) =>
      tx.execute(sql`select encode(device_hash, 'escape') as text from qr_scans`),
    );
    expect(JSON.stringify(stored)).not.toContain('device-number');
  });

  it('of two students from one device at the same moment marks one', async () => {
    const window = await open();
    const { code } = await codeOf(window.id);
    const shared = { deviceId: device('twin') };
    const answers = await Promise.all(students.slice(0, 4).map((who) => scan(who, code, shared)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    expect((await server.teacher.get<QrSession>(`/qr/sessions/${window.id}`)).body).toMatchObject({
      accepted: 1,
      refused: 3,
    });
  });

  it('does not fill the table however often it is refused', async () => {
    const window = await open();
    const { code } = await codeOf(window.id);
    offsetMs = 60_000;
    for (let round = 0; round < 6; round++) {
      await Promise.all(Array.from({ length: 10 }, () => scan(students[3]!, code)));
    }
    const { refused } = (await server.teacher.get<QrSession>(`/qr/sessions/${window.id}`)).body;
    expect(refused).toBeGreaterThanOrEqual(50);
    expect(refused).toBeLessThan(60);
  });

  it('stands behind the word of a person', async () => {
    const [first] = server.seeded!.students;
    const window = await open();
    await server.teacher.post('/attendance/manual', { sessionId, studentId: first!.id, status: 'excused' });
    const { body } = await scan(students[0]!, (await codeOf(window.id)).code);
    expect(body).toMatchObject({ status: 'excused', method: 'manual' });
  });
});

async function setSharedDevice(sharedDevice: 'refuse' | 'flag'): Promise<void> {
  await server.context.db.tenant(server.seeded!.tenantId, (tx) =>
    tx.execute(sql`update tenants set settings = ${JSON.stringify({ qr: { sharedDevice } })}::text::jsonb`),
  );
}
