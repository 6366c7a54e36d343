import type { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { DomainEvents } from '../context.ts';
import type { Database } from '../db/client.ts';
import { createLeases, type Leases } from './leases.ts';
import { createPeers, type Peers } from './peers.ts';

/** This server among those that share its database. */
export interface Cluster {
  leases: Leases;
  peers: Peers;
}

export function createCluster(db: Database, log: Logger): Cluster {
  const leases = createLeases(db);
  return { leases, peers: createPeers(db, leases.serverId, log) };
}

/** What a feature of one server tells the others of its features, those of all servers are told. */
export function shareEvents(events: EventEmitter<DomainEvents>, peers: Peers): void {
  let passingOn = false;
  const names = ['gallery:changed', 'roster:changed', 'student:changed', 'student:erased'] as const;
  for (const name of names) {
    (events as EventEmitter).on(name, (change: DomainEvents[typeof name][0]) => {
      if (passingOn) return;
      // A thousand ids are too long for a notification, and nobody reads them: rosters are read anew.
      const short = 'studentIds' in change ? { ...change, studentIds: [] } : change;
      peers.tell('domain', { name, change: short } as Parameters<typeof peers.tell<'domain'>>[1]);
    });
  }
  peers.on('domain', ({ name, change }) => {
    passingOn = true;
    try {
      (events as EventEmitter).emit(name, change);
    } finally {
      passingOn = false;
    }
  });
}
