import { foreignKey, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { id, instant } from '../columns.ts';
import { classSessions } from './sessions.ts';
import { tenants } from './tenancy.ts';

/** The servers that work on this database: each says all the time that it is there. Times are the database's. */
export const servers = pgTable('servers', {
  id: id(),
  /** Where its process id means something: host and process namespace. */
  place: text('place').notNull(),
  pid: integer('pid').notNull(),
  startedAt: instant('started_at').notNull().defaultNow(),
  /** Gone, unless it is heard of before. */
  until: instant('until').notNull(),
});

/** Which server runs an open session: its streams, its decisions, its sockets' picture. No row: it is closed. */
export const sessionLeases = pgTable(
  'session_leases',
  {
    sessionId: uuid('session_id').primaryKey(),
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    /** Without a reference: a server that is gone has no row. */
    serverId: uuid('server_id').notNull(),
  },
  (table) => [
    index('session_leases_server_idx').on(table.serverId),
    foreignKey({
      name: 'session_leases_session_fk',
      columns: [table.tenantId, table.sessionId],
      foreignColumns: [classSessions.tenantId, classSessions.id],
    }).onDelete('cascade'),
  ],
);
