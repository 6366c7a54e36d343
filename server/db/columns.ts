import { customType, timestamp, uuid } from 'drizzle-orm/pg-core';

/** Raw bytes; what is secret in them is encrypted before it gets here (server/crypto.ts). */
export const bytea = customType<{ data: Buffer; driverData: Buffer }>({
  dataType: () => 'bytea',
});

/** A point in time; always with its zone. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const createdAt = () => instant('created_at').notNull().defaultNow();
export const updatedAt = () => instant('updated_at').notNull().defaultNow();

/** UUIDv7, made by `newId()`: sorts by time of creation. */
export const id = () => uuid('id').primaryKey();
