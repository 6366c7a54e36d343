import { sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { tenants, users } from '../../db/schema/index.ts';
import { generatePassword, hashPassword } from '../auth/passwords.ts';
import { createTenant } from './service.ts';

export interface Seeded {
  tenantId: string;
  email: string;
  /** Set where it was generated: the only time that it can be told. */
  generatedPassword: string | null;
}

/** Makes the first institution and its administrator in an empty database; null where there is one. */
export async function seedFirstTenant(context: AppContext): Promise<Seeded | null> {
  const { seed, defaultPolicy } = context.config;
  const generatedPassword = seed.adminPassword === null ? generatePassword() : null;
  return context.db.system(async (tx) => {
    // Of servers that start together on one database, one seeds it.
    await tx.execute(sql`select pg_advisory_xact_lock(7209656)`);
    const [existing] = await tx.select({ id: tenants.id }).from(tenants).limit(1);
    if (existing) return null;
    const { institution: name, locale, timezone, adminEmail: email } = seed;
    const tenantId = await createTenant(context, tx, { name, locale, timezone, policy: defaultPolicy });
    await tx.insert(users).values({
      id: newId(),
      tenantId,
      email,
      name: locale === 'tr' ? 'Yönetici' : 'Administrator',
      // Who sets the server up looks after all of its institutions.
      role: 'sysadmin',
      locale,
      passwordHash: await hashPassword(seed.adminPassword ?? generatedPassword!),
    });
    return { tenantId, email, generatedPassword };
  });
}
