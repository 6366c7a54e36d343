import { eq } from 'drizzle-orm';
import type { Config } from '../../../config/index.ts';
import { loadSecrets } from '../../../config/secrets.ts';
import { systemClock } from '../../context.ts';
import { createCrypto } from '../../crypto.ts';
import { openConfiguredDatabase } from '../../db/open.ts';
import { users } from '../../db/schema/index.ts';
import { createLog } from '../../log.ts';
import { recordAudit } from '../audit/service.ts';
import { generatePassword, hashPassword } from '../auth/passwords.ts';
import { forgetSecondFactor } from '../auth/second-factor.ts';
import { accountOf, revokeUser } from '../auth/service.ts';

export interface Recovered {
  email: string;
  role: string;
  institution: string;
  /** The only time that it is told. */
  password: string;
}

/**
 * Lets whoever runs the server back in, or lets somebody else in who has nobody to ask: the account gets a new password and
 * loses its second factor, is switched on, and all its sign-ins end. The audit log of its institution says so. Who can
 * run this can read the database anyway. Throws an error for people where nobody has the address.
 */
export async function recoverAccount(config: Config, address: string): Promise<Recovered> {
  const log = createLog(config);
  const crypto = createCrypto((await loadSecrets(config)).masterKey);
  const database = await openConfiguredDatabase(config, crypto, log);
  try {
    const found = await database.db.system((tx) => accountOf(tx, address.trim().toLowerCase()));
    if (!found) throw forPeople(`Nobody has the address ${address}.`);
    const { user, tenant } = found;
    if (user.role === 'student' && user.studentId === null) {
      throw forPeople(
        'This student waits for an entry on the roster; a password alone would not let them in.',
      );
    }
    const password = generatePassword();
    const passwordHash = await hashPassword(password);
    await database.db.tenant(user.tenantId, async (tx) => {
      const now = new Date(systemClock.now());
      await revokeUser(tx, user.id, 'recovered', now);
      await tx.update(users).set({ passwordHash, active: true, updatedAt: now }).where(eq(users.id, user.id));
      await forgetSecondFactor(tx, user.id);
      const subject = { subjectType: 'user', subjectId: user.id };
      await recordAudit(tx, { clock: systemClock }, { action: 'auth.recovered', ...subject });
    });
    return { email: user.email, role: user.role, institution: tenant.name, password };
  } finally {
    await database.close();
  }
}

/** `yoklama recover ADDRESS`. */
export async function runRecover(config: Config, args: readonly string[]): Promise<number> {
  const [address, ...more] = args;
  if (address === undefined || address.startsWith('-') || more.length > 0) {
    process.stderr.write('yoklama recover ADDRESS: the e-mail address of the account\n');
    return 2;
  }
  const { email, role, institution, password } = await recoverAccount(config, address);
  process.stdout.write(
    `${email} (${role}, ${institution}) has no second factor any more, and the password ${password}\n` +
      'It is told only now; change it after signing in.\n',
  );
  return 0;
}

function forPeople(message: string): Error {
  return Object.assign(new Error(message), { code: 'RECOVER' });
}
