import { BlockList, isIP } from 'node:net';

/** Which addresses the server may be sent to by what people enter: cameras, webhooks. */

/** Never what an institution means: unspecified, link-local with the clouds' metadata services, multicast, reserved. */
export const NEVER = blockList([
  '0.0.0.0/8',
  '100.100.100.200/32',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  'fd00:ec2::254/128',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]);
export const LOOPBACK = blockList(['127.0.0.0/8', '::1/128']);

/** The IPv4 address inside an IPv4-mapped, IPv4-compatible, NAT64 or 6to4 address, or null. */
export function embeddedIpv4(address: string): string | null {
  if (isIP(address) !== 6) return null;
  const groups = ipv6Groups(address);
  const [a, b, c, d, e, f, g, h] = groups as [number, number, number, number, number, number, number, number];
  const zeroes = (a | b | c | d) === 0;
  if (zeroes && ((e === 0 && f === 0xffff) || (e === 0xffff && f === 0))) return dotted(g, h);
  if (zeroes && e === 0 && f === 0 && (g !== 0 || h > 1)) return dotted(g, h);
  if (a === 0x64 && b === 0xff9b) return dotted(g, h);
  if (a === 0x2002) return dotted(b, c);
  return null;
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function ipv6Groups(address: string): number[] {
  // URL normalises every spelling of IPv6, dotted tails included, to hexadecimal groups.
  const plain = new URL(`http://[${address.split('%')[0]}]/`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeroes = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeroes, ...right].map((group) => Number.parseInt(group, 16));
}

/** Throws a readable error for a bad CIDR. */
export function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.trim().split('/');
    const version = isIP(address);
    const prefix = bits === undefined ? (version === 6 ? 128 : 32) : Number(bits);
    if (version === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > (version === 6 ? 128 : 32)) {
      throw new Error(`${network} is not a network in CIDR notation, such as 192.168.0.0/16`);
    }
    list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
