import type { WebSocket } from 'ws';
import { ApiError } from '../../errors.ts';

/** A WebSocket on which two speak JSON, one message after the other, within bounds. */
export interface PeerSocket<Out> {
  send(message: Out): void;
  close(): void;
}

export interface PeerSocketOptions<In> {
  /** Throws `signal-invalid`. */
  read(message: unknown): In;
  /** One at a time, in order. */
  receive(message: In): Promise<void> | void;
  /** What comes as bytes; without it that is no message. */
  bytes?(data: Buffer): void;
  /** What `read` or `receive` threw, or `signal-invalid` for what is no message. */
  failed(error: unknown): void;
  /** The other end is gone, or was let go of. */
  gone(): void;
}

/** Larger than any that is said; sockets that take bytes are open for more. */
const MOST_TEXT_BYTES = 64 * 1024;
/** Messages that may wait for their turn. */
const MOST_WAITING = 16;
/** A socket that does not take what it is sent is of no use. */
const MOST_BUFFERED = 1024 * 1024;
const ALIVE_MS = 10_000;

/** Listens at once, before any await: what a quick peer says meanwhile is not lost. */
export function openPeerSocket<In, Out>(socket: WebSocket, options: PeerSocketOptions<In>): PeerSocket<Out> {
  let alive = true;
  let over = false;
  let waiting = 0;
  let turn: Promise<void> = Promise.resolve();

  const pulse = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, ALIVE_MS);
  const gone = (): void => {
    if (over) return;
    over = true;
    clearInterval(pulse);
    options.gone();
  };

  async function take(text: string): Promise<void> {
    if (over) return;
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch (cause) {
      throw new ApiError('signal-invalid', { cause });
    }
    await options.receive(options.read(message));
  }

  socket.on('pong', () => {
    alive = true;
  });
  socket.on('message', (data, isBinary) => {
    if (over) return;
    const bytes = data as Buffer;
    if (isBinary && options.bytes) return options.bytes(bytes);
    if (isBinary || bytes.length > MOST_TEXT_BYTES || waiting >= MOST_WAITING)
      return options.failed(new ApiError('signal-invalid'));
    waiting++;
    const text = bytes.toString();
    turn = turn
      .then(() => take(text))
      .catch((error: unknown) => {
        if (!over) options.failed(error);
      })
      .finally(() => {
        waiting--;
      });
  });
  socket.on('close', gone);
  socket.on('error', gone);

  return {
    send(message) {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > MOST_BUFFERED) socket.terminate();
      else socket.send(JSON.stringify(message));
    },
    close() {
      gone();
      socket.close(1000);
    },
  };
}
