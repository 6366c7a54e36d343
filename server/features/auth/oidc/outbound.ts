import { lookup as systemLookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { blockList, embeddedIpv4, LOOPBACK, NEVER } from '../../../../config/addresses.ts';
import { ApiError } from '../../../errors.ts';

/**
 * Requests to sign-in providers, whose addresses administrators enter: an institution must not reach into the server's
 * own network with them. Every address is checked when the connection is made, so that a name cannot resolve to one
 * thing for the check and to another for the request.
 */
export interface OutboundRules {
  /** CIDR blocks of private networks that are allowed besides public addresses. */
  allowedNetworks: readonly string[];
  /** 127.0.0.0/8 and ::1, also over plain http. */
  allowLoopback: boolean;
}

const PRIVATE = blockList([
  '10.0.0.0/8',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '198.18.0.0/15',
  'fc00::/7',
]);
const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1024 * 1024;

/** Whether the server may connect to the address. */
export function addressAllowed(address: string, rules: OutboundRules): boolean {
  const plain = embeddedIpv4(address) ?? address;
  const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(plain) === 0 || NEVER.check(plain, family)) return false;
  if (LOOPBACK.check(plain, family)) return rules.allowLoopback;
  return !PRIVATE.check(plain, family) || blockList(rules.allowedNetworks).check(plain, family);
}

/** The part that needs no resolver. Throws `oidc-address-forbidden`. */
export function assertProviderUrl(text: string, rules: OutboundRules): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new ApiError('oidc-address-forbidden', { cause: error });
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const plainHttp = url.protocol === 'http:' && rules.allowLoopback;
  const local =
    host === 'localhost' || (isIP(host) !== 0 && LOOPBACK.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4'));
  const scheme = url.protocol === 'https:' || (plainHttp && local);
  if (!scheme || url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new ApiError('oidc-address-forbidden');
  }
  if (isIP(host) !== 0 && !addressAllowed(host, rules)) throw new ApiError('oidc-address-forbidden');
  return url;
}

/** `fetch` for openid-client. It follows no redirect and reads no more than a megabyte. */
export function guardedFetch(
  rules: OutboundRules,
): (
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: unknown; signal?: AbortSignal },
) => Promise<Response> {
  return async (text, options) => {
    const url = assertProviderUrl(text, rules);
    const body = bodyOf(options.body);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const deadline = AbortSignal.timeout(TIMEOUT_MS);
    const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = send(url, {
        method: options.method ?? 'GET',
        headers: { ...options.headers, ...(body ? { 'content-length': String(body.length) } : {}) },
        lookup: checkedLookup(rules),
        agent: false,
        signal,
      });
      request.on('response', resolve);
      request.on('error', reject);
      request.end(body);
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer) {
      bytes += (chunk as Buffer).length;
      if (bytes > MAX_BYTES) {
        answer.destroy();
        throw new Error('The provider answered with more than a megabyte.');
      }
      chunks.push(chunk as Buffer);
    }
    const status = answer.statusCode ?? 502;
    const headers = new Headers();
    for (const [name, value] of Object.entries(answer.headers)) {
      for (const one of Array.isArray(value) ? value : [value])
        if (one !== undefined) headers.append(name, one);
    }
    const empty = status === 204 || status === 304 || bytes === 0;
    return new Response(empty ? null : Buffer.concat(chunks), { status, headers });
  };
}

function checkedLookup(rules: OutboundRules): LookupFunction {
  return (host, options, callback) => {
    systemLookup(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const refused = addresses.find(({ address }) => !addressAllowed(address, rules));
      const [first] = addresses;
      if (refused || !first) {
        return callback(new ApiError('oidc-address-forbidden') as NodeJS.ErrnoException, '', 0);
      }
      if (options.all) return (callback as (e: null, all: typeof addresses) => void)(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}

function bodyOf(body: unknown): Buffer | undefined {
  if (body === undefined || body === null) return undefined;
  if (body instanceof URLSearchParams || typeof body === 'string') return Buffer.from(body.toString());
  if (body instanceof Uint8Array) return Buffer.from(body);
  throw new TypeError('A body of this kind is not sent to a provider.');
}
