import { createHmac } from 'node:crypto';
import type { Config } from '../../../config/index.ts';

/** As `RTCIceServer` of browsers. */
export interface IceServer {
  urls: string[];
  username?: string;
  credential?: string;
}

const HOURS = 12;

/**
 * Servers that help a browser out of its network, with credentials that expire: the user name is the time at which
 * they do, the password its HMAC-SHA1 under the shared secret, as coturn's `use-auth-secret` expects.
 */
export function iceServers({ turn }: Config['webrtc'], who: string, nowMs: number): IceServer[] {
  const stun = turn.urls.filter((url) => url.startsWith('stun:'));
  const relays = turn.urls.filter((url) => !url.startsWith('stun:'));
  const servers: IceServer[] = stun.length > 0 ? [{ urls: stun }] : [];
  if (relays.length > 0 && turn.secret !== null) {
    const username = `${Math.floor(nowMs / 1000) + HOURS * 3600}:${who}`;
    const credential = createHmac('sha1', turn.secret).update(username).digest('base64');
    servers.push({ urls: relays, username, credential });
  }
  return servers;
}
