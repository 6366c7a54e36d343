import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { blockList, embeddedIpv4, LOOPBACK, NEVER } from './addresses.ts';

/**
 * Addresses of webhooks come from people and the server connects to them. They are checked when they are entered and
 * again before each delivery, which goes to the address that was checked: a name may resolve to something else by then.
 */
export interface WebhookUrlRules {
  /** CIDR blocks besides public addresses: the institution's own networks. */
  allowedNetworks: readonly string[];
  /** 127.0.0.0/8 and ::1. */
  allowLoopback: boolean;
  /** Plain http, to loopback only. */
  allowHttp: boolean;
  /** All addresses of a host name; the system's resolver by default. */
  resolve?: (host: string) => Promise<string[]>;
}

export type WebhookUrlCheck =
  | {
      ok: true;
      /** Normalised. */
      url: URL;
      /** Checked; connect to this one. */
      address: string;
    }
  | { ok: false; code: WebhookUrlProblem; message: string };

export type WebhookUrlProblem =
  | 'webhook-url-invalid'
  | 'webhook-url-scheme'
  | 'webhook-url-forbidden'
  /** The name has no address now; it may have one later. */
  | 'webhook-host-unresolved';

const MAX_LENGTH = 2048;

/** Not public (RFC 6890 and what came after): only by `allowedNetworks`. */
const PRIVATE = blockList([
  '10.0.0.0/8',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
]);

/** Checks a webhook's URL and every address that its host has. Never throws. */
export async function checkWebhookUrl(input: string, rules: WebhookUrlRules): Promise<WebhookUrlCheck> {
  const text = input.trim();
  if (text === '' || text.length > MAX_LENGTH || !URL.canParse(text)) {
    return refuse(
      'webhook-url-invalid',
      'The address cannot be read. Example: https://lms.example.edu/yoklama',
    );
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return refuse('webhook-url-invalid', 'User name and password in an address are not supported.');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return refuse('webhook-url-scheme', 'Only https:// addresses are allowed.');
  }
  url.hash = '';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = await addressesOf(host, rules.resolve ?? systemResolve);
  if (addresses.length === 0) {
    return refuse('webhook-host-unresolved', `The host name ${host} has no address.`);
  }
  const allowed = blockList(rules.allowedNetworks);
  for (const address of addresses) {
    const plain = embeddedIpv4(address) ?? address;
    const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
    const loopback = LOOPBACK.check(plain, family);
    if (url.protocol === 'http:' && !(rules.allowHttp && loopback)) {
      return refuse('webhook-url-scheme', 'Only https:// addresses are allowed.');
    }
    const good = loopback
      ? rules.allowLoopback
      : !NEVER.check(plain, family) && (allowed.check(plain, family) || !PRIVATE.check(plain, family));
    if (!good) {
      const through = plain === host ? '' : ` (${host})`;
      return refuse(
        'webhook-url-forbidden',
        `The address ${plain}${through} is not in a network that webhooks are allowed to go to.`,
      );
    }
  }
  return { ok: true, url, address: addresses[0]! };
}

function refuse(code: WebhookUrlProblem, message: string): Extract<WebhookUrlCheck, { ok: false }> {
  return { ok: false, code, message };
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
