import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const ATTEMPTS = 50;

/**
 * Two free neighbouring UDP ports on loopback, the even one first: RTP and its RTCP. They are not held: whoever asks
 * binds them at once, and asks again where somebody else was faster.
 */
export async function freePortPair(): Promise<{ rtpPort: number; rtcpPort: number }> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const first = await bind(0);
    if (first === null) continue;
    const rtpPort = first.port + (first.port % 2);
    first.close();
    const [rtp, rtcp] = [await bind(rtpPort), await bind(rtpPort + 1)];
    rtp?.close();
    rtcp?.close();
    if (rtp !== null && rtcp !== null) return { rtpPort, rtcpPort: rtpPort + 1 };
  }
  throw new Error('no two neighbouring UDP ports are free on 127.0.0.1');
}

function bind(port: number): Promise<{ port: number; close(): void } | null> {
  return new Promise((resolve) => {
    if (port > 65_535) return resolve(null);
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(null);
    });
    socket.bind(port, '127.0.0.1', () =>
      resolve({ port: socket.address().port, close: () => socket.close() }),
    );
  });
}

/**
 * Resolves when some process listens on the port, and after `timeoutMs` in any case. Where the system has no
 * /proc/net/udp it waits a usual time instead.
 */
export async function listening(port: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  const end = performance.now() + timeoutMs;
  while (!signal.aborted && performance.now() < end) {
    const table = await readFile('/proc/net/udp', 'utf8').catch(() => null);
    if (table === null) {
      await sleep(Math.min(400, timeoutMs), undefined, { signal }).catch(() => undefined);
      return;
    }
    if (table.includes(wanted)) return;
    await sleep(10, undefined, { signal }).catch(() => undefined);
  }
}
