import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addTenant, startTestServer, type TestServer } from '../../../tests/support/server.ts';
import { cameras } from '../../db/schema/index.ts';
import type { Camera } from './schemas.ts';

describe('cameras', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ students: 0 });
  });
  afterAll(() => server?.close());

  const create = (body: object) => server.admin.post<Camera & { error?: { code: string } }>('/cameras', body);

  it('keep credentials encrypted and never show them', async () => {
    const made = await create({ name: 'A', url: 'rtsp://ali:gizli%21@192.168.1.20:554/stream1' });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    expect(made.body).toMatchObject({
      url: 'rtsp://192.168.1.20:554/stream1',
      hasCredentials: true,
      status: null,
    });
    const listed = await server.teacher.get('/cameras');
    expect(JSON.stringify([made.body, listed.body])).not.toMatch(/gizli|ali/);
    const rows = await server.context.db.tenant(server.seeded!.tenantId, (tx) => tx.select().from(cameras));
    expect(rows[0]!.url).not.toMatch(/gizli|ali/);
    expect(rows[0]!.credentials!.toString('latin1')).not.toContain('gizli');
  });

  it('refuse addresses that no camera may have', async () => {
    const codes = [];
    for (const url of [
      'http://192.168.1.2/',
      'rtsp://8.8.8.8/',
      'rtsp://169.254.169.254/latest',
      'file:///etc/passwd',
      'rtsp://',
      '-i rtsp://192.168.1.2/',
    ]) {
      codes.push((await create({ name: `N${codes.length}`, url })).body.error?.code);
    }
    expect(codes).toEqual([
      'camera-url-scheme',
      'camera-url-forbidden',
      'camera-url-forbidden',
      'camera-url-scheme',
      'camera-url-invalid',
      'camera-url-invalid',
    ]);
  });

  it('drop the password when the address changes, so that it never goes to another host', async () => {
    const made = await create({ name: 'B', url: 'rtsp://10.0.0.5/a', username: 'ali', password: 'gizli' });
    const patch = (body: object) => server.admin.call<Camera>('PATCH', `/cameras/${made.body.id}`, body);
    expect((await patch({ room: '101' })).body).toMatchObject({ room: '101', hasCredentials: true });
    expect((await patch({ url: 'rtsp://10.0.0.6/a' })).body.hasCredentials).toBe(false);
    expect((await patch({ password: 'yeni' })).body.hasCredentials).toBe(true);
  });

  it('have names of their own, and are another institution’s business', async () => {
    expect((await create({ name: 'B', url: 'rtsp://10.0.0.9/' })).body.error?.code).toBe('camera-name-taken');
    const other = await addTenant(server, 'baska');
    const [camera] = (await server.admin.get<{ items: Camera[] }>('/cameras')).body.items;
    for (const [method, path, body] of [
      ['GET', `/cameras/${camera!.id}`, undefined],
      ['PATCH', `/cameras/${camera!.id}`, { name: 'Z' }],
      ['DELETE', `/cameras/${camera!.id}`, undefined],
    ] as const) {
      expect((await other.call(method, path, body)).status).toBe(404);
    }
    expect((await server.teacher.post('/cameras', { name: 'T', url: 'rtsp://10.0.0.9/' })).status).toBe(403);
  });

  it('say that no worker is ready rather than wait', async () => {
    const probe = await server.admin.post('/cameras/probe', { url: 'rtsp://10.0.0.9/' });
    expect([probe.status, probe.body.error]).toMatchObject([503, { code: 'pipeline-unavailable' }]);
  });
});
