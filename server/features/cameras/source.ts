import { fileURLToPath } from 'node:url';
import { withCredentials } from '../../../config/camera-url.ts';
import type { ProbedSource } from '../../../pipeline/messages.ts';
import type { TenantCrypto } from '../../crypto.ts';
import type { cameras } from '../../db/schema/index.ts';

export type CameraRow = typeof cameras.$inferSelect;

export interface CameraCredentials {
  username: string | null;
  password: string | null;
}

/** Authenticated with the sealed credentials of a camera. */
export const cameraPurpose = (cameraId: string): string => `camera:${cameraId}`;

export const isFileUrl = (url: string): boolean => url.startsWith('file:');

/** What the pipeline opens. The address has the password in it: never logged, never in an answer. */
export function sourceOf(camera: CameraRow, crypto: TenantCrypto): ProbedSource {
  const { username, password } = camera.credentials
    ? crypto.openJson<CameraCredentials>(cameraPurpose(camera.id), camera.credentials)
    : { username: null, password: null };
  return sourceAt(camera.url, username, password);
}

export function sourceAt(url: string, username: string | null, password: string | null): ProbedSource {
  if (isFileUrl(url)) return { kind: 'file', path: fileURLToPath(url), loop: true, realtime: true };
  return { kind: 'rtsp', url: withCredentials(url, username, password) };
}
