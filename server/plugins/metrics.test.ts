import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApi, startTestServer, TEACHER_EMAIL, type TestServer } from '../../tests/support/server.ts';
import { newId } from '../db/ids.ts';
import { publish } from '../jobs/outbox.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ students: 1 });
});
afterAll(() => server?.close());

const read = async (headers: Record<string, string> = {}, url = server.url) => {
  const answer = await fetch(`${url}/metrics`, { headers });
  return { status: answer.status, text: await answer.text() };
};
/** The value of a series; null where there is none. */
function seriesOf(text: string, series: string): number | null {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}

describe('/metrics', () => {
  it('tells of requests, people, sign-ins, queues, outbox, database and cache', async () => {
    await createApi(server.url, null).post('/auth/login', {
      email: TEACHER_EMAIL,
      password: 'wrong password',
    });
    await server.teacher.get('/courses');
    const { tenantId } = server.seeded!;
    await server.context.db.tenant(tenantId, (tx) =>
      publish(tx, tenantId, 'camera.up', { cameraId: newId(), sessionId: null }),
    );
    await server.context.outbox.drain();
    const { status, text } = await read();
    expect(status).toBe(200);
    expect(seriesOf(text, 'yoklama_logins_total{outcome="wrong-credentials"}')).toBe(1);
    expect(seriesOf(text, 'yoklama_http_failures_total{code="wrong-credentials"}')).toBe(1);
    expect(seriesOf(text, 'yoklama_active_users{role="teacher"}')).toBe(1);
    expect(seriesOf(text, 'yoklama_active_users{role="student"}')).toBe(0);
    expect(seriesOf(text, 'yoklama_events_published_total{type="camera.up"}')).toBe(1);
    expect(seriesOf(text, 'yoklama_outbox_rows{state="dead"}')).toBe(0);
    expect(seriesOf(text, 'yoklama_outbox_lag_seconds')).toBeGreaterThanOrEqual(0);
    expect(seriesOf(text, 'yoklama_database_pool_size')).toBe(server.config.databasePool);
    expect(seriesOf(text, 'yoklama_sockets')).toBe(0);
    expect(seriesOf(text, 'yoklama_pipeline_workers')).toBe(1);
    expect(seriesOf(text, 'yoklama_webrtc_publishers')).toBe(0);
    expect(seriesOf(text, 'yoklama_webrtc_publishers_most')).toBe(server.config.webrtc.maxPublishers);
    expect(seriesOf(text, 'yoklama_webrtc_bits_per_second{side="webrtc",direction="in"}')).toBe(0);
    expect(seriesOf(text, 'yoklama_webrtc_publishers_sent_away_total{reason="silent"}')).toBe(0);
    for (const protocol of ['whip', 'whep']) {
      expect(seriesOf(text, `yoklama_webrtc_http_sessions{protocol="${protocol}"}`)).toBe(0);
      expect(seriesOf(text, `yoklama_webrtc_http_sessions_total{protocol="${protocol}"}`)).toBe(0);
    }
    for (const state of ['starting', 'writing', 'waiting', 'failing'])
      expect(seriesOf(text, `yoklama_recordings{state="${state}"}`)).toBe(0);
    expect(seriesOf(text, 'yoklama_recording_bytes_total')).toBe(0);
    expect(seriesOf(text, 'yoklama_cache_notices_total')).toBeGreaterThan(0);
    expect(text).toMatch(
      /yoklama_http_request_duration_seconds_count\{method="GET",route="\/api\/v1\/courses",status="200"\} \d/,
    );
    expect(text).not.toContain(tenantId);
  });

  it('times what the pipeline does, in a bounded number of stages', async () => {
    const observation = { streamId: newId(), seq: 1, atMs: 0, mediaTimeS: 0, width: 1, height: 1, faces: [] };
    const stages = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`s${index}`, 1]));
    const { events } = server.context.supervisor;
    events.emit('observation', { ...observation, stagesMs: { detect: 30 } });
    events.emit('observation', { ...observation, stagesMs: stages });
    const { text } = await read();
    expect(seriesOf(text, 'yoklama_pipeline_stage_seconds_sum{stage="detect"}')).toBe(0.03);
    expect(text.match(/^yoklama_pipeline_stage_seconds_count/gm)!.length).toBe(32);
  });

  it('does not let anybody make series by asking for addresses', async () => {
    for (let index = 0; index < 20; index++) await fetch(`${server.url}/nothing/${index}?x=${index}`);
    const { text } = await read();
    expect(text).not.toContain('/nothing/');
  });

  it('is for this machine, not for what comes through a proxy; or for who has the token', async () => {
    expect((await read({ 'x-forwarded-for': '203.0.113.9' })).status).toBe(403);
    expect((await read({ forwarded: 'for=127.0.0.1' })).status).toBe(403);
    const token = 'a token of twenty-four c';
    const guarded = await startTestServer({ students: 0, env: { METRICS_TOKEN: token } });
    try {
      expect((await read({}, guarded.url)).status).toBe(401);
      expect((await read({ authorization: 'Bearer wrong' }, guarded.url)).status).toBe(401);
      expect((await read({ authorization: `Bearer ${token}` }, guarded.url)).status).toBe(200);
    } finally {
      await guarded.close();
    }
  });
});

describe('/readyz', () => {
  it('says what is missing', async () => {
    const answer = await fetch(`${server.url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      status: 'not-ready',
      database: 'up',
      queue: 'up',
      reasons: { pipeline: expect.stringContaining('no video worker is ready') },
    });
  });
});
