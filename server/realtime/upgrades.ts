import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { SOCKET_PATH } from './hub.ts';

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * socket.io and @fastify/websocket each listen for every `upgrade` of the server, and the second would answer a
 * handshake that the first has taken. This puts one listener before both, which hands on by path. Call it when all
 * of them are attached and the server does not listen yet.
 */
export function dispatchUpgrades(server: Server, socketIo: readonly UpgradeListener[]): void {
  const others = server
    .listeners('upgrade')
    .filter((listener) => !socketIo.includes(listener as UpgradeListener)) as UpgradeListener[];
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const listeners = request.url?.startsWith(SOCKET_PATH) ? socketIo : others;
    if (listeners.length === 0) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      return;
    }
    for (const listener of listeners) listener.call(server, request, socket, head);
  });
}

/** The listeners that `attach` adds to the server. */
export function addedUpgrades(server: Server, attach: () => void): UpgradeListener[] {
  const before = new Set(server.listeners('upgrade'));
  attach();
  return server.listeners('upgrade').filter((listener) => !before.has(listener)) as UpgradeListener[];
}
