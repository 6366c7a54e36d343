import { checkCameraUrl } from '../../config/camera-url.ts';
import type { Problem } from './ffmpeg-log.ts';
import { knock } from './knock.ts';
import type { SourceOptions } from './source.ts';

/**
 * Everything before ffmpeg is started for an RTSP camera: its address is one that may be connected to, and somebody
 * listens there. `pinned` is the address to connect to, with the name resolved and checked.
 */
export async function reachCamera(
  url: string,
  cameras: SourceOptions['cameras'],
  connectMs: number,
  signal: AbortSignal,
): Promise<{ pinned: string } | Problem> {
  const check = await checkCameraUrl(url, cameras);
  if (!check.ok) {
    const reason = check.code === 'camera-host-unresolved' ? 'unreachable' : 'forbidden';
    return { reason, detail: check.message };
  }
  const answer = await knock(check.addresses[0]!, portOf(check.url), connectMs, signal);
  return answer.ok ? { pinned: check.pinned } : { reason: answer.reason, detail: answer.detail };
}

/** Registered ports of RTSP, plain and over TLS. */
export function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  if (port !== '') return Number(port);
  return protocol === 'rtsps:' ? 322 : 554;
}
