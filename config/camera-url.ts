import { lookup } from 'node:dns/promises';
import { type BlockList, isIP } from 'node:net';
import { blockList, embeddedIpv4, LOOPBACK, NEVER } from './addresses.ts';

/**
 * Camera addresses come from people and end up as an argument of ffmpeg inside the institution's network. They are
 * checked by the server when they are entered and again by the pipeline each time a stream is opened, because a
 * name may resolve to something else by then.
 */

export interface CameraUrlRules {
  /** CIDR blocks that cameras may be in, besides what is never allowed. */
  allowedNetworks: readonly string[];
  /** 127.0.0.0/8 and ::1; for development and tests. */
  allowLoopback: boolean;
  /** All addresses of a host name; the system's resolver by default. */
  resolve?: (host: string) => Promise<string[]>;
}

export type CameraUrlCheck =
  | {
      ok: true;
      /** Normalised, with its credentials: a secret. */
      url: string;
      /** The same with the host replaced by an address that was checked, so that the name is not resolved twice. */
      pinned: string;
      host: string;
      addresses: string[];
      /** Fit for logs and answers. */
      redacted: string;
    }
  | { ok: false; code: CameraUrlProblem; message: string };

export type CameraUrlProblem =
  | 'camera-url-invalid'
  | 'camera-url-scheme'
  | 'camera-url-forbidden'
  /** The name has no address now; it may have one later. */
  | 'camera-host-unresolved';

export const DEFAULT_CAMERA_NETWORKS = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'] as const;

const MAX_LENGTH = 2048;

/** Checks a camera's URL and every address that its host has. Never throws. */
export async function checkCameraUrl(input: string, rules: CameraUrlRules): Promise<CameraUrlCheck> {
  const parsed = parseCameraUrl(input);
  if (!parsed.ok) return parsed;
  const { url } = parsed;
  const host = bareHost(url);

  const addresses = await addressesOf(host, rules.resolve ?? systemResolve);
  if (addresses.length === 0) {
    return refuse('camera-host-unresolved', `The host name ${host} has no address.`);
  }
  const allowed = blockList(rules.allowedNetworks);
  for (const address of addresses) {
    const plain = embeddedIpv4(address) ?? address;
    if (!addressAllowed(plain, allowed, rules.allowLoopback)) {
      const through = plain === host ? '' : ` (${host})`;
      return refuse(
        'camera-url-forbidden',
        `The address ${plain}${through} is not in a network that cameras are allowed in.`,
      );
    }
  }
  return {
    ok: true,
    url: url.href,
    pinned: `${url.protocol}//${credentialsOf(url)}${authorityOf(addresses[0]!, url.port)}${url.pathname}${url.search}`,
    host,
    addresses,
    redacted: redactUrl(url.href),
  };
}

/** The part of the check that needs no resolver. */
export function parseCameraUrl(
  input: string,
): { ok: true; url: URL } | Extract<CameraUrlCheck, { ok: false }> {
  const text = input.trim();
  if (text === '' || text.length > MAX_LENGTH) {
    return refuse('camera-url-invalid', `A camera's address has 1 to ${MAX_LENGTH} characters.`);
  }
  // ffmpeg would read a leading dash as an option; control characters could end a header of the RTSP request.
  if (text.startsWith('-') || hasControlOrSpace(text) || text.includes('\\')) {
    return refuse('camera-url-invalid', 'The address has characters that are not allowed.');
  }
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return refuse(
      'camera-url-invalid',
      'The address cannot be read. Example: rtsp://192.168.1.20:554/stream1',
    );
  }
  if (url.protocol !== 'rtsp:' && url.protocol !== 'rtsps:') {
    return refuse('camera-url-scheme', 'Only rtsp:// and rtsps:// addresses are allowed.');
  }
  const host = bareHost(url);
  if (host === '' || (isIP(host) === 0 && !/^[a-z0-9]([a-z0-9._-]*[a-z0-9])?\.?$/i.test(host))) {
    return refuse('camera-url-invalid', 'The host of the address cannot be read.');
  }
  if (url.port === '0') return refuse('camera-url-invalid', 'Port 0 is not allowed.');
  if (
    hasControlOrSpace(decodeLoosely(url.username)) ||
    hasControlOrSpace(decodeLoosely(url.password), true)
  ) {
    return refuse('camera-url-invalid', 'User name and password have characters that are not allowed.');
  }
  url.hash = '';
  return { ok: true, url };
}

/** Takes user name and password out of an address, so that they can be kept apart and encrypted. */
export function splitCredentials(input: string): {
  url: string;
  username: string | null;
  password: string | null;
} {
  const url = new URL(input);
  const username = decodeLoosely(url.username) || null;
  const password = decodeLoosely(url.password) || null;
  url.username = '';
  url.password = '';
  return { url: url.href, username, password };
}

/** Puts user name and password, percent-encoded, into an address without them. */
export function withCredentials(input: string, username: string | null, password: string | null): string {
  if (username === null && password === null) return input;
  const url = new URL(input);
  url.username = encodeURIComponent(username ?? '');
  url.password = encodeURIComponent(password ?? '');
  return url.href;
}

/**
 * Hides user names and passwords of every address in a text, also those that some cameras take in path or query.
 * It errs on the side of hiding: an `@` in a path hides what is before it.
 */
export function redactUrl(text: string): string {
  return text
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)(?!\/)[^\s"'<>]*@/gi, '$1***@')
    .replace(SECRET_PARAMETER, '$1=***');
}

/** `?pwd=x`, `&token=x`, and `/user=admin_password=x_channel=1` as on cameras that keep no query. */
const SECRET_PARAMETER =
  /(?<![a-z0-9])(user(?:name)?|usr|pass(?:word|wd)?|pwd|psw|token|key|auth)=[^\s"'<>&/?#;]*?(?=_[a-z]+=|[\s"'<>&/?#;]|$)/gi;

/** Throws a readable error for a bad CIDR; the configuration calls it at start. */
export function assertNetworks(networks: readonly string[]): void {
  blockList(networks);
}

function refuse(code: CameraUrlProblem, message: string): Extract<CameraUrlCheck, { ok: false }> {
  return { ok: false, code, message };
}

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function credentialsOf(url: URL): string {
  const password = url.password === '' ? '' : `:${url.password}`;
  return url.username === '' && password === '' ? '' : `${url.username}${password}@`;
}

function authorityOf(address: string, port: string): string {
  const host = isIP(address) === 6 ? `[${address}]` : address;
  return port === '' ? host : `${host}:${port}`;
}

function hasControlOrSpace(text: string, spaceAllowed = false): boolean {
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || (!spaceAllowed && /\s/u.test(char))) return true;
  }
  return false;
}

function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function systemResolve(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map((entry) => entry.address);
}

async function addressesOf(host: string, resolve: (host: string) => Promise<string[]>): Promise<string[]> {
  if (isIP(host)) return [host];
  try {
    return (await resolve(host)).filter((address) => isIP(address) !== 0);
  } catch {
    return [];
  }
}

function addressAllowed(address: string, allowed: BlockList, allowLoopback: boolean): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (NEVER.check(address, family)) return false;
  if (LOOPBACK.check(address, family)) return allowLoopback;
  return allowed.check(address, family);
}
