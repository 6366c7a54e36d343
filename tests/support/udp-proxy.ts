import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A bad network between browsers and the media worker: loses packets, goes away, gives the browser another address. */
export interface UdpProxy {
  port: number;
  /** Share of packets that are lost in each direction. */
  lose(share: number): void;
  /** Nothing passes. */
  cut(off: boolean): void;
  /** What has come so far goes on from other ports: for the server, everybody's address has changed. */
  rebind(): Promise<void>;
  counts(): { passed: number; lost: number };
  close(): void;
}

/** Listens on `ip` and passes to the same port of `target`. */
export async function startUdpProxy(ip: string, port: number, target: string): Promise<UdpProxy> {
  const front = createSocket('udp4');
  front.bind(port, ip);
  await once(front, 'listening');
  const backs = new Map<string, Socket>();
  let share = 0;
  let off = false;
  let passed = 0;
  let lost = 0;
  // Its own generator, so that a run can be repeated: mulberry32 would do as well, quality does not matter here.
  let state = 12_345;
  const chance = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x80000000;
  };
  const drops = (): boolean => {
    const drop = off || chance() < share;
    if (drop) lost++;
    else passed++;
    return drop;
  };
  front.on('message', (packet, from) => {
    const key = `${from.address}:${from.port}`;
    let back = backs.get(key);
    if (!back) {
      back = createSocket('udp4');
      back.on('error', () => undefined);
      back.on('message', (answer) => {
        if (!drops()) front.send(answer, from.port, from.address);
      });
      backs.set(key, back);
    }
    if (!drops()) back.send(packet, port, target);
  });
  front.on('error', () => undefined);
  const closeBacks = (): void => {
    for (const back of backs.values()) back.close();
    backs.clear();
  };
  return {
    port,
    lose(next) {
      share = next;
    },
    cut(next) {
      off = next;
    },
    async rebind() {
      closeBacks();
    },
    counts: () => ({ passed, lost }),
    close() {
      closeBacks();
      front.close();
    },
  };
}

/** A UDP port of `ip` that nobody has now. */
export async function freeUdpPort(ip: string): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, ip);
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}
