import { connect } from 'node:net';
import type { StreamReason } from '../messages.ts';

export type KnockResult = { ok: true } | { ok: false; reason: StreamReason; detail: string };

/**
 * Opens and closes a TCP connection. A camera that is away is found out for the price of a packet, where starting
 * ffmpeg costs a tenth of a core-second, and the operating system's error is exact.
 */
export function knock(
  address: string,
  port: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<KnockResult> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const finish = (result: KnockResult) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(
      () =>
        finish({
          ok: false,
          reason: 'unreachable',
          detail: `no answer from port ${port} in ${timeoutMs} ms`,
        }),
      timeoutMs,
    );
    const abort = () => finish({ ok: false, reason: 'stopped', detail: 'stopped' });
    signal.addEventListener('abort', abort, { once: true });
    socket.once('connect', () => finish({ ok: true }));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'ECONNREFUSED' ? 'refused' : 'unreachable';
      finish({ ok: false, reason, detail: `port ${port}: ${error.code ?? error.message}` });
    });
    if (signal.aborted) abort();
  });
}
