import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import type { Config } from '../../../config/index.ts';

const EVERY_ADDRESS = new Set(['0.0.0.0', '::']);

/**
 * The address that browsers are told to send media to: the one that is set; else, where the ports are open on every
 * address, the first of this machine that others can reach. Null: the address that the ports are open on is the one.
 */
export function announcedAddress(
  { announcedAddress: given, listenIp }: Pick<Config['webrtc'], 'announcedAddress' | 'listenIp'>,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): string | null {
  if (given !== null || !EVERY_ADDRESS.has(listenIp)) return given;
  const own = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  const outside = own.filter(({ internal, family }) => !internal && family === 'IPv4');
  return outside[0]?.address ?? '127.0.0.1';
}
