import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { freePortPair, listening } from './udp-ports.ts';

async function hold(port: number) {
  const socket = createSocket('udp4');
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

describe('freePortPair', () => {
  it('finds two neighbours that can be bound, the even one first', async () => {
    for (let round = 0; round < 20; round++) {
      const { rtpPort, rtcpPort } = await freePortPair();
      expect(rtpPort % 2).toBe(0);
      expect(rtcpPort).toBe(rtpPort + 1);
      const held = [await hold(rtpPort), await hold(rtcpPort)];
      for (const socket of held) socket.close();
    }
  });

  it('leaves out what others hold', async () => {
    const { rtpPort, rtcpPort } = await freePortPair();
    const other = await hold(rtcpPort);
    const pairs = await Promise.all(Array.from({ length: 50 }, () => freePortPair()));
    expect(pairs.map((pair) => pair.rtpPort)).not.toContain(rtpPort);
    other.close();
  });
});

describe('listening', () => {
  it('resolves when the port is bound, when its time is up, and when it is called off', async () => {
    const { rtpPort } = await freePortPair();
    const never = new AbortController().signal;
    const asked = performance.now();
    await listening(rtpPort, 150, never);
    expect(performance.now() - asked).toBeGreaterThan(120);

    const bound = listening(rtpPort, 10_000, never);
    const socket = await hold(rtpPort);
    const began = performance.now();
    await bound;
    expect(performance.now() - began).toBeLessThan(5000);
    socket.close();

    const off = new AbortController();
    const waiting = listening((await freePortPair()).rtpPort, 60_000, off.signal);
    off.abort();
    await waiting;
  });
});
