import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { knock } from './knock.ts';

const never = new AbortController().signal;

async function listening(): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' ? address!.port : 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

describe('knocking at a camera’s port', () => {
  it('tells an open port from a closed one', async () => {
    const server = await listening();
    expect(await knock('127.0.0.1', server.port, 1000, never)).toEqual({ ok: true });
    await server.close();
    expect(await knock('127.0.0.1', server.port, 1000, never)).toMatchObject({
      ok: false,
      reason: 'refused',
    });
  });

  it('gives up in time, and at once when it is stopped', async () => {
    // 192.0.2.0/24 is for documentation: packets to it get lost, or the network says so.
    const begun = Date.now();
    expect(await knock('192.0.2.1', 554, 100, never)).toMatchObject({ ok: false });
    expect(Date.now() - begun).toBeLessThan(2000);
    const stopping = new AbortController();
    const knocking = knock('192.0.2.1', 554, 10_000, stopping.signal);
    stopping.abort();
    expect(await knocking).toMatchObject({ ok: false });
    expect(await knock('127.0.0.1', 1, 10_000, AbortSignal.abort())).toMatchObject({ reason: 'stopped' });
  });
});
