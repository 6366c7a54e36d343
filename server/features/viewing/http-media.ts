import { Type } from 'typebox';
import { ApiError } from '../../errors.ts';
import type { IceServer } from '../../streaming/sfu/turn.ts';

/** What WHIP and WHEP have in common: media negotiated by HTTP. */

export const SDP = 'application/sdp';
/** RFC 8840. */
export const FRAGMENT = 'application/trickle-ice-sdpfrag';

export const Sdp = Type.Unsafe<string>({ type: 'string', description: 'SDP' });

export function assertMediaType(given: string | undefined, expected: string): void {
  if (given?.split(';', 1)[0]?.trim().toLowerCase() !== expected)
    throw new ApiError('unsupported-media-type');
}

/** For the `Link` header: RFC 9725, section 4.6. */
export function linksOf({ urls, username, credential }: IceServer): string[] {
  const secret = username === undefined ? '' : `; username="${username}"; credential="${credential}"`;
  return urls.map((url) => `<${url}>; rel="ice-server"${secret}${secret && '; credential-type="password"'}`);
}
