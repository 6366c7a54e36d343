import type { Peers } from '../cluster/peers.ts';

/**
 * What the sockets of the servers follow: rooms of sessions, and streams with the width of their pictures. A server
 * puts together and passes on only what somebody sees somewhere.
 */
export interface Interest {
  /** The sockets here follow a room at this width, 1 where it has none, 0 no longer. */
  here(room: string, width: number): void;
  /** The widest that sockets of other servers ask for; 0: none follows it. */
  elsewhere(room: string): number;
  close(): void;
}

/** Said anew so often, and forgotten when it was not said for three times as long. */
const REPEAT_MS = 20_000;
const FORGET_MS = 3 * REPEAT_MS;
const ROOMS_A_MESSAGE = 100;

export function createInterest(
  peers: Peers,
  /** Sockets of other servers began or ceased to follow a room, or at another width. */
  onChange: (room: string, width: number) => void,
): Interest {
  const own = new Map<string, number>();
  const byServer = new Map<string, { at: number; rooms: Map<string, number> }>();

  function widest(room: string): number {
    let width = 0;
    for (const { rooms } of byServer.values()) width = Math.max(width, rooms.get(room) ?? 0);
    return width;
  }

  function changing(rooms: Iterable<string>, change: () => void): void {
    const before = [...rooms].map((room) => [room, widest(room)] as const);
    change();
    for (const [room, width] of before) if (widest(room) !== width) onChange(room, widest(room));
  }

  function forget(server: string): void {
    const known = byServer.get(server);
    if (known) changing(known.rooms.keys(), () => byServer.delete(server));
  }

  function say(rooms: readonly [string, number][]): void {
    for (let at = 0; at < rooms.length; at += ROOMS_A_MESSAGE) {
      peers.tell('interest', { rooms: rooms.slice(at, at + ROOMS_A_MESSAGE) });
    }
  }

  peers.on('interest', ({ from, rooms }) => {
    const known = byServer.get(from) ?? { at: 0, rooms: new Map<string, number>() };
    known.at = performance.now();
    byServer.set(from, known);
    const names = rooms.map(([room]) => room);
    changing(names, () => {
      for (const [room, width] of rooms) {
        if (width > 0) known.rooms.set(room, width);
        else known.rooms.delete(room);
      }
    });
  });
  peers.on('left', ({ from }) => forget(from));
  const timer = setInterval(() => {
    const old = performance.now() - FORGET_MS;
    for (const [server, { at }] of byServer) if (at < old) forget(server);
    say([...own]);
  }, REPEAT_MS);
  timer.unref();

  return {
    here(room, width) {
      if ((own.get(room) ?? 0) === width) return;
      if (width > 0) own.set(room, width);
      else own.delete(room);
      say([[room, width]]);
    },
    elsewhere: widest,
    close: () => clearInterval(timer),
  };
}
