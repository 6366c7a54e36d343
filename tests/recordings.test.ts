import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policy } from '../config/policies.ts';
import { locateFfmpeg } from '../pipeline/sources/ffmpeg.ts';
import type { Recording, Timeline } from '../server/features/recordings/schemas.ts';
import type { ClassSession, Snapshot } from '../server/features/sessions/schemas.ts';
import { decide } from './support/decide.ts';
import { eventually, type LiveTap, tapLive } from './support/live.ts';
import {
  type Api,
  addTenant,
  createApi,
  PASSWORD,
  startTestServer,
  type TestServer,
} from './support/server.ts';
import { makeVideo } from './support/video.ts';

const DAY = 86_400_000;
const run = promisify(execFile);
const clock = { offset: 0, now: () => Date.now() + clock.offset };

let folder: string;
let dataDir: string;
let server: TestServer;
let tap: LiveTap;
let sessionId = '';
let streamId = '';
let cameraId = '';
let webhookId = '';
let first: Recording;

const env = { CAMERA_ALLOW_FILES: 'true', RECORDING_MIN_FREE_MB: '0', WEBRTC: 'false' };
const start = () => startTestServer({ pipeline: true, dataDir, env, overrides: { clock } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yoklama-recordings-'));
  dataDir = join(folder, 'data');
  await makeVideo(join(folder, 'room.mp4'), { seconds: 8, width: 320, height: 180 });
  server = await start();
  const camera = await server.admin.post<{ id: string }>('/cameras', {
    name: 'Arka',
    url: pathToFileURL(join(folder, 'room.mp4')).href,
    sampling: { mode: 'fps', fps: 1 },
  });
  cameraId = camera.body.id;
  // Nobody listens there: what would be told is kept in the list of deliveries.
  const events = ['recording.started', 'recording.ended', 'recording.failed'];
  const webhook = await server.admin.post<{ id: string }>('/webhooks', {
    url: 'http://127.0.0.1:9/',
    events,
  });
  webhookId = webhook.body.id;
  await openSession();
});
afterAll(async () => {
  tap?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

async function openSession(): Promise<void> {
  const { body: courses } = await server.teacher.get<{ items: { id: string }[] }>('/courses');
  const opened = await server.teacher.post<ClassSession>('/sessions', {
    courseId: courses.items[0]!.id,
    cameraIds: [cameraId],
  });
  expect(opened.status, JSON.stringify(opened.body)).toBe(201);
  sessionId = opened.body.id;
  streamId = opened.body.cameras[0]!.streamId;
  tap?.close();
  tap = tapLive(server.url, server.teacher.token);
  await tap.joined(sessionId);
}

const codeOf = (body: unknown) => (body as { error?: { code: string } }).error?.code;
const turn = (on: boolean, api: Api = server.teacher) =>
  api.call<{ since: string | null }>('PUT', `/sessions/${sessionId}/recording`, { on });
const recordings = async (query = '') =>
  (await server.teacher.get<{ items: Recording[] }>(`/recordings${query}`)).body.items;
const recording = async (id: string) => (await server.teacher.get<Recording>(`/recordings/${id}`)).body;
const playlist = async (id: string, api: Api = server.teacher) =>
  (await api.get<Buffer>(`/recordings/${id}/playlist.m3u8`)).body.toString();
const foldersOnDisk = async (): Promise<string[]> => {
  const base = join(
    dataDir,
    'recordings',
    (await server.admin.get<{ tenantId: string }>('/auth/me')).body.tenantId,
  );
  return existsSync(base) ? readdir(base) : [];
};
const hasAtLeast = (id: string, ms: number) =>
  eventually(async () => (await recording(id)).durationMs >= ms, 40_000);

/** What other systems are told of a recording, and why. */
async function announced(recordingId: string): Promise<string[]> {
  await server.context.outbox.drain();
  const { body } = await server.admin.get<{
    items: { type: string; payload: { data: Record<string, string> } }[];
  }>(`/webhooks/${webhookId}/deliveries?limit=100`);
  const own = body.items.filter(({ payload }) => payload.data.recordingId === recordingId).reverse();
  expect(own.every(({ payload }) => payload.data.streamId === streamId)).toBe(true);
  return own.map(({ type, payload: { data } }) => [type, data.reason].filter(Boolean).join(' '));
}
async function figure(series: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.slice(series.length));
}

/** What a player makes of it: ffmpeg reads playlist, key and segments over HTTP with the token. */
async function play(id: string): Promise<{ codec: string | undefined; seconds: number; damaged: boolean }> {
  const { path } = await locateFfmpeg({ ffmpegPath: null });
  const { stderr } = await run(path, [
    ...['-hide_banner', '-nostdin', '-headers', `Authorization: Bearer ${server.teacher.token}\r\n`],
    ...['-allowed_extensions', 'ALL', '-live_start_index', '0', '-t', '600'],
    ...['-i', `${server.url}/api/v1/recordings/${id}/playlist.m3u8`, '-f', 'null', '-'],
  ]);
  const [, h, m, s] = /.*time=(\d+):(\d+):([\d.]+)/s.exec(stderr) ?? [];
  return {
    codec: /Video: (\w+)/.exec(stderr)?.[1],
    seconds: Number(h) * 3600 + Number(m) * 60 + Number(s),
    damaged: /error while decoding|Invalid data|Unable to/i.test(stderr),
  };
}

describe('a recording', () => {
  it('is off: until policy, institution and somebody in the session say otherwise', async () => {
    const { body } = await server.teacher.get<Snapshot>(`/sessions/${sessionId}/live`);
    expect(body.session.recording).toBeNull();
    const refused = await turn(true);
    expect([refused.status, codeOf(refused.body)]).toEqual([403, 'recording-off']);
    const settings = { recording: { enabled: true } };
    expect((await server.teacher.call('PATCH', '/tenant', { settings })).status).toBe(403);
    expect((await server.admin.call('PATCH', '/tenant', { settings })).status).toBe(200);

    const { retentionDays } = policy('default');
    const days = retentionDays.recordings;
    retentionDays.recordings = 0;
    try {
      const prohibited = await turn(true);
      expect([prohibited.status, codeOf(prohibited.body)]).toEqual([403, 'recording-prohibited']);
    } finally {
      retentionDays.recordings = days;
    }
    expect(await recordings()).toEqual([]);
    expect(await foldersOnDisk()).toEqual([]);
  });

  it('is shown to everybody in the session as soon as it is on', async () => {
    const { status, body } = await turn(true);
    expect(status).toBe(200);
    const told = await tap.until<Snapshot>('session:snapshot', ({ session }) => session.recording !== null);
    expect(told.session.recording).toEqual({ since: body.since, problem: null });
    const { body: session } = await server.teacher.get<ClassSession>(`/sessions/${sessionId}`);
    expect(session.recording?.since).toBe(body.since);
    expect((await turn(true)).body.since).toBe(body.since);

    const items = await recordings();
    expect(items).toHaveLength(1);
    first = items[0]!;
    expect(first).toMatchObject({ sessionId, streamId, camera: 'Arka', status: 'recording' });
    const { body: said } = await server.admin.get<{ stored: { frames: boolean } }>('/privacy/policy');
    expect(said.stored.frames).toBe(true);
  });

  it('can be played while it is made, with marks where they happened', async () => {
    const [student] = server.seeded!.students;
    await hasAtLeast(first.id, 4000);
    decide(server, { streamId, trackId: 1, studentId: student!.id, firstSeenAtMs: Date.now() });
    const markedAt = Date.now();
    await tap.until('attendance:marked');
    await eventually(async () => {
      const now = await recording(first.id);
      return now.endedAt !== null && Date.parse(now.endedAt) > markedAt;
    }, 40_000);
    const { body: timeline } = await server.teacher.get<Timeline>(`/recordings/${first.id}/timeline`);
    const mark = timeline.marks.find(({ studentId }) => studentId === student!.id)!;
    expect(mark).toMatchObject({ type: 'marked', method: 'face', name: student!.name, sameCamera: true });
    const { startedAt } = first;
    expect(mark.offsetMs).toBeGreaterThan(2000);
    expect(Math.abs(Date.parse(startedAt) + mark.offsetMs - markedAt)).toBeLessThan(3000);

    const text = await playlist(first.id);
    expect(text).toContain('#EXT-X-PLAYLIST-TYPE:EVENT');
    expect(text).toContain('METHOD=AES-128,URI="key"');
    expect(text).not.toContain('ENDLIST');
    expect(await figure('yoklama_recordings{state="writing"}')).toBe(1);
    expect(await figure('yoklama_recording_segments_total')).toBeGreaterThan(0);
    expect(await figure('yoklama_recording_bytes_total')).toBeGreaterThan(1000);
    expect(await announced(first.id)).toEqual(['recording.started']);
  });

  it('is noise on the disk', async () => {
    const dir = join(dataDir, 'recordings', server.seeded!.tenantId, first.id);
    const names = await readdir(dir);
    expect(names.length).toBeGreaterThan(0);
    const { body: key } = await server.teacher.get<Buffer>(`/recordings/${first.id}/key`);
    expect(key).toHaveLength(16);
    for (const name of names) {
      const bytes = await readFile(join(dir, name));
      expect(bytes.includes(Buffer.from([0x47, 0x40, 0x00, 0x10])), name).toBe(false);
      expect(bytes.includes(key)).toBe(false);
    }
    const [row] = await server.context.db.tenant(server.seeded!.tenantId, (tx) =>
      tx.execute<{ key: string }>(
        sql`select encode(key, 'hex') as key from recordings where id = ${first.id}`,
      ),
    );
    expect(row!.key).not.toContain(key.toString('hex'));
  });

  it('is for those who teach the course and for administrators, and each look at it is kept', async () => {
    const stranger = await addTenant(server, 'elsewhere');
    await server.admin.post('/users', {
      ...{ email: 'other@test.local', name: 'Other', role: 'teacher', password: PASSWORD },
    });
    const other = await server.as('other@test.local', PASSWORD);
    const parts = ['', '/timeline', '/playlist.m3u8', '/key', '/segments/0.ts'];
    for (const part of parts) {
      const path = `/recordings/${first.id}${part}`;
      expect((await server.anonymous.get(path)).status, path).toBe(401);
      expect((await other.get(path)).status, path).toBe(404);
      expect((await stranger.get(path)).status, path).toBe(404);
      expect((await server.admin.get(path)).status, path).toBe(200);
    }
    expect((await other.get<{ total: number }>('/recordings')).body.total).toBe(0);
    expect((await other.call('DELETE', `/recordings/${first.id}`)).status).toBe(404);
    expect((await turn(false, other)).status).toBe(404);
    expect((await server.teacher.get(`/recordings/${first.id}/segments/9999.ts`)).status).toBe(404);
    const { body: audit } = await server.admin.get<{ items: { action: string; subject: { id: string } }[] }>(
      '/audit?limit=100',
    );
    const looks = audit.items.filter(({ action }) => action === 'GET /recordings/{id}/key');
    expect(looks).toHaveLength(2);
    expect(looks.every(({ subject }) => subject.id === first.id)).toBe(true);
  });

  it('survives its worker: the same recording goes on, with a break that a player steps over', async () => {
    const before = await recording(first.id);
    process.kill(server.context.supervisor.info()!.pid, 'SIGKILL');
    await eventually(async () => (await playlist(first.id)).includes('#EXT-X-DISCONTINUITY'), 60_000);
    await hasAtLeast(first.id, before.durationMs + 8000);
    expect(await recordings()).toHaveLength(1);
    const { body } = await server.teacher.get<Timeline>(`/recordings/${first.id}/timeline`);
    expect(body.gaps).toHaveLength(1);
    expect(body.gaps[0]!.offsetMs).toBeGreaterThan(0);
    expect(Date.parse(body.gaps[0]!.to)).toBeGreaterThan(Date.parse(body.gaps[0]!.from));
  }, 120_000);

  it('says so in the session when the disk is full, and goes on when it is not', async () => {
    await turn(false);
    server.context.config.recordings.minFreeBytes = Number.MAX_SAFE_INTEGER;
    try {
      await turn(true);
      const told = await tap.until<Snapshot>(
        'session:snapshot',
        ({ session }) => session.recording?.problem === 'disk-full',
        30_000,
      );
      expect(told.session.recording?.since).toBeTruthy();
      const [second] = await recordings();
      expect(second).toMatchObject({ status: 'recording', problem: 'disk-full', durationMs: 0 });
      expect(await figure('yoklama_recordings{state="failing"}')).toBe(1);
      expect(await figure('yoklama_recording_problems_total{reason="disk-full"}')).toBe(1);
      await turn(false);
      const all = ['recording.started', 'recording.failed disk-full', 'recording.ended'];
      expect((await announced(second!.id)).toSorted()).toEqual(all.toSorted());
      expect(await announced(first.id)).toEqual(['recording.started', 'recording.ended']);
      // There is no picture in it: it goes by itself.
      await eventually(async () => (await recordings()).every(({ id }) => id !== second!.id));
    } finally {
      server.context.config.recordings.minFreeBytes = 0;
    }
  }, 60_000);

  it('ends when it is switched off, and can be played from its beginning to its end', async () => {
    const { body } = await server.teacher.get<Snapshot>(`/sessions/${sessionId}/live`);
    expect(body.session.recording).toBeNull();
    const done = await recording(first.id);
    expect(done.status).toBe('finished');
    const text = await playlist(first.id);
    expect(text).toContain('#EXT-X-ENDLIST');
    const listed = [...text.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
    expect(Math.round(listed * 1000)).toBe(done.durationMs);
    const played = await play(first.id);
    expect(played).toMatchObject({ codec: 'h264', damaged: false });
    expect(played.seconds).toBeGreaterThan(done.durationMs / 1000 - 2);
    console.log(`recorded ${listed.toFixed(1)} s, ${done.bytes} bytes; played ${played.seconds} s`);
  });

  it('stays readable when the institution’s key is changed', async () => {
    const key = async () => (await server.teacher.get<Buffer>(`/recordings/${first.id}/key`)).body;
    const before = await key();
    expect((await server.admin.post('/privacy/keys/rotate')).status).toBeLessThan(300);
    await eventually(async () => {
      const { body } = await server.admin.get<{ remaining: number }>('/privacy/keys');
      return body.remaining === 0;
    }, 30_000);
    expect(await key()).toEqual(before);
  });

  it('is stopped when the institution switches recordings off', async () => {
    await turn(true);
    await server.admin.call('PATCH', '/tenant', { settings: { recording: { enabled: false } } });
    await server.context.recorder.check();
    const told = await server.teacher.get<Snapshot>(`/sessions/${sessionId}/live`);
    expect(told.body.session.recording).toBeNull();
    expect(server.context.recorder.stats().recordings).toBe(0);
    expect((await recordings()).every(({ status }) => status === 'finished')).toBe(true);
    await server.admin.call('PATCH', '/tenant', { settings: { recording: { enabled: true } } });
  });

  it('is not removed while it is made, and for good when it is', async () => {
    await turn(true);
    const [running] = await recordings();
    const refused = await server.teacher.call('DELETE', `/recordings/${running!.id}`);
    expect([refused.status, codeOf(refused.body)]).toEqual([409, 'recording-running']);
    await hasAtLeast(running!.id, 1000);
    await turn(false);
    expect(await foldersOnDisk()).toContain(running!.id);
    expect((await server.teacher.call('DELETE', `/recordings/${running!.id}`)).status).toBe(204);
    expect((await server.teacher.get(`/recordings/${running!.id}/key`)).status).toBe(404);
    await eventually(async () => !(await foldersOnDisk()).includes(running!.id), 20_000);
  });

  it('goes with a student who is erased, also while it is made; the session is recorded on', async () => {
    await turn(true);
    const [running] = await recordings();
    await hasAtLeast(running!.id, 1000);
    const erased = server.seeded!.students.at(-1)!;
    expect((await server.admin.call('DELETE', `/students/${erased.id}`)).status).toBe(204);
    const { body: receipts } = await server.admin.get<{
      items: { studentId: string; removed: Record<string, number> }[];
    }>('/privacy/receipts');
    const receipt = receipts.items.find(({ studentId }) => studentId === erased.id)!;
    expect(receipt.removed.recordings).toBeGreaterThanOrEqual(2);
    await eventually(async () => {
      const [next] = await recordings();
      return next !== undefined && next.id !== running!.id && next.durationMs > 0;
    }, 40_000);
    const ids = (await recordings()).map(({ id }) => id);
    expect(ids).not.toContain(first.id);
    expect(await announced(running!.id)).toEqual(['recording.started', 'recording.ended']);
    await eventually(async () => {
      const there = await foldersOnDisk();
      return !there.includes(first.id) && !there.includes(running!.id);
    }, 20_000);
  }, 90_000);

  it('goes on after a restart of the server, and ends with its session', async () => {
    const [running] = await recordings();
    tap.close();
    await server.close();
    const { seeded } = server;
    server = { ...(await start()), seeded };
    await eventually(async () => (await playlist(running!.id)).includes('#EXT-X-DISCONTINUITY'), 60_000);
    expect(await recordings()).toHaveLength(1);
    const { body } = await server.teacher.get<Snapshot>(`/sessions/${sessionId}/live`);
    expect(body.session.recording).not.toBeNull();
    await server.teacher.post(`/sessions/${sessionId}/close`);
    const closed = await server.teacher.get<ClassSession>(`/sessions/${sessionId}`);
    expect(closed.body.recording).toBeNull();
    await eventually(async () => server.context.recorder.stats().recordings === 0, 20_000);
    expect(await recording(running!.id)).toMatchObject({ status: 'finished' });
    expect(await play(running!.id)).toMatchObject({ codec: 'h264', damaged: false });
    expect(await announced(running!.id)).toEqual(['recording.started', 'recording.ended']);
    const late = await turn(true);
    expect([late.status, codeOf(late.body)]).toEqual([409, 'session-closed']);
  }, 120_000);

  it('is removed by age, files and all', async () => {
    const [old] = await recordings();
    const { tenantId } = server.seeded!;
    const days = policy('default').retentionDays.recordings;
    clock.offset = (days - 1) * DAY;
    await server.context.retention.run(tenantId);
    const rows = () =>
      server.context.db.tenant(tenantId, (tx) => tx.execute(sql`select 1 from recording_segments`));
    expect((await rows()).length).toBeGreaterThan(0);
    clock.offset = (days + 2) * DAY;
    const { removed, failed } = await server.context.retention.run(tenantId);
    expect(failed).toEqual({});
    expect(removed.recordings).toBe(1);
    expect(await rows()).toHaveLength(0);
    clock.offset = 0;
    await eventually(async () => !existsSync(join(dataDir, 'recordings', tenantId, old!.id)), 30_000);
    const again = await createApi(server.url, server.teacher.token).get(`/recordings/${old!.id}`);
    expect(again.status).toBe(404);
  });
});
