import { Value } from 'typebox/value';
import type { WebSocket } from 'ws';
import type { PushedPicture, StreamStatus } from '../../../pipeline/messages.ts';
import type { AppContext } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import type { PicturesFeed } from '../../streaming/publications.ts';
import { openPeerSocket } from '../viewing/peer-socket.ts';
import { type PicturesFromServer, PicturesHello } from './schemas.ts';
import { redeem } from './service.ts';
import { createAdviser, GOODBYES } from './signalling.ts';

/** A camera's picture in full HD has a quarter of this. */
export const MOST_PICTURE_BYTES = 1024 * 1024;
const HELLO_MS = 10_000;
/** A picture that was asked for and does not come by then: its sender is gone, whatever its socket says. */
const SILENT_MS = 20_000;
/** A worker that was handed a picture and says nothing has died; its successor knows nothing of it. */
const DECODE_MS = 5000;
/** In a row. One may be damaged; a sender of many sends something else. */
const MOST_REFUSED = 5;
const CLOCK_BYTES = 8;

/**
 * A browser that no media connection comes up with (a firewall, a proxy) publishes its camera as pictures: the server
 * asks for one after the other at the sampling rate, so that nothing piles up and a tab in the background is woken. The
 * socket's end is the publisher's end.
 */
export function takePictures(context: AppContext, socket: WebSocket): void {
  const { publications, supervisor, config, log } = context;
  const { defaultFps: fps, maxWidth } = config.pipeline;
  let streamId: string | null = null;
  let feed: PicturesFeed | null = null;
  let over = false;
  let askedAt: number | null = null;
  let handedAt: number | null = null;
  let waiting: PushedPicture | null = null;
  let refused = 0;
  let asking: NodeJS.Timeout | undefined;

  const end = (code: string, message: string, again: boolean): void => {
    if (over) return;
    peer.send({ type: 'end', code, message, again });
    peer.close();
  };
  const onStatus = (status: StreamStatus): void => {
    if (status.streamId === streamId)
      peer.send({ type: 'status', state: status.state, reason: status.reason });
  };
  const advise = createAdviser((message) => {
    if (message.type === 'framing') peer.send(message);
  });
  const onObservation = (seen: Parameters<typeof advise>[0] & { streamId: string }): void => {
    if (seen.streamId === streamId) advise(seen);
  };

  function ask(): void {
    const now = performance.now();
    if (askedAt !== null && now - askedAt > SILENT_MS) end(...GOODBYES.silent);
    if (askedAt !== null || waiting !== null) return;
    askedAt = now;
    peer.send({ type: 'picture' });
  }

  function arrived(data: Buffer): void {
    // Before it asked for any, and after it has enough, nothing is taken.
    if (feed === null || askedAt === null) {
      refuse();
      return;
    }
    askedAt = null;
    const jpeg = data.subarray(CLOCK_BYTES);
    if (jpeg.length < 4 || jpeg.readUInt16BE(0) !== 0xff_d8) {
      refuse();
      return;
    }
    waiting = { jpeg, takenMs: data.readDoubleLE(0), arrivedAtMs: Date.now() };
    hand();
  }

  function hand(): void {
    const now = performance.now();
    if (waiting === null || (handedAt !== null && now - handedAt < DECODE_MS)) return;
    if (feed?.put(waiting)) handedAt = now;
    waiting = null;
  }

  function taken(ok: boolean): void {
    handedAt = null;
    if (ok) refused = 0;
    else refuse();
    hand();
  }

  function refuse(): void {
    refused++;
    if (refused >= MOST_REFUSED) end('picture-invalid', 'What it sends is no picture of a camera.', false);
  }

  async function open({ token }: PicturesHello): Promise<void> {
    if (streamId !== null) throw new ApiError('signal-invalid');
    clearTimeout(silent);
    const grant = await redeem(context, token);
    if (over) return publications.unclaim(grant.streamId);
    streamId = grant.streamId;
    supervisor.events.on('status', onStatus);
    supervisor.events.on('observation', onObservation);
    const { course, resumeToken } = grant;
    peer.send({
      ...{ type: 'welcome', streamId, course, resumeToken },
      ...{ fps, maxWidth, maxBytes: MOST_PICTURE_BYTES - CLOCK_BYTES },
    });
    feed = publications.addPictures({ streamId, taken, replaced: (why) => end(...GOODBYES[why]) });
    asking = setInterval(() => {
      hand();
      ask();
    }, 1000 / fps);
    ask();
  }

  const peer = openPeerSocket<PicturesHello, PicturesFromServer>(socket, {
    read(message) {
      if (!Value.Check(PicturesHello, message)) throw new ApiError('signal-invalid');
      return message;
    },
    receive: open,
    bytes: arrived,
    failed(error) {
      if (error instanceof ApiError) return end(error.code, error.message, false);
      log.error({ err: error }, 'a publisher could not be served');
      end('internal', 'Something went wrong on the server.', true);
    },
    gone() {
      over = true;
      clearTimeout(silent);
      clearInterval(asking);
      supervisor.events.off('status', onStatus);
      supervisor.events.off('observation', onObservation);
      feed?.close();
      feed = null;
    },
  });
  const silent = setTimeout(() => end('publish-token-invalid', 'No token came.', false), HELLO_MS);
}
