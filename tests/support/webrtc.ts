import { existsSync } from 'node:fs';
import { workerBin } from 'mediasoup';
import type { PublisherLink } from '../../server/features/publishing/schemas.ts';
import type { ClassSession, StreamStatusView } from '../../server/features/sessions/schemas.ts';
import { eventually, type LiveTap } from './live.ts';
import type { TestServer } from './server.ts';

/** For `describe.skipIf(skipWithoutMediaWorker(…))`: says what is left out and why. In CI nothing is left out. */
export function skipWithoutMediaWorker(suite: string): boolean {
  if (existsSync(process.env.MEDIASOUP_WORKER_BIN ?? workerBin)) return false;
  const why = 'no WebRTC media worker; `npm run setup:webrtc` prepares it';
  if (process.env.CI === 'true') throw new Error(`${suite}: ${why}`);
  console.warn(`SKIPPED ${suite}: ${why}`);
  return true;
}

/** An open session of the seeded course, without cameras but those. */
export async function openSession(
  { teacher, seeded }: TestServer,
  cameraIds: string[] = [],
): Promise<string> {
  const { courseId } = seeded!;
  const opened = await teacher.post<ClassSession>('/sessions', { courseId, cameraIds });
  if (opened.status !== 201) throw new Error(`No session: ${JSON.stringify(opened.body)}`);
  return opened.body.id;
}

/** A publisher of the session: its stream and the token that opens it once. */
export async function makeLink(
  { teacher }: TestServer,
  sessionId: string,
  name = 'Cihaz',
): Promise<PublisherLink> {
  const made = await teacher.post<PublisherLink>(`/sessions/${sessionId}/publishers`, { name });
  if (made.status !== 201) throw new Error(`No link: ${JSON.stringify(made.body)}`);
  return made.body;
}

/** Resolves when what was last said of a stream fits, and not something said of it before. */
export async function latest(
  { events }: LiveTap,
  streamId: string,
  fits: (status: StreamStatusView) => boolean,
  timeoutMs = 60_000,
): Promise<StreamStatusView> {
  const last = () =>
    events.findLast(
      ({ name, payload }) => name === 'stream:status' && (payload as StreamStatusView).streamId === streamId,
    )?.payload as StreamStatusView | undefined;
  await eventually(() => {
    const status = last();
    return status !== undefined && fits(status);
  }, timeoutMs);
  return last()!;
}
