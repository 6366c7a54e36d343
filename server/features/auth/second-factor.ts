import { and, eq, isNull, or, sql } from 'drizzle-orm';
import { Secret, TOTP } from 'otpauth';
import { toString as qrToString } from 'qrcode';
import type { AppContext } from '../../context.ts';
import type { TenantCrypto } from '../../crypto.ts';
import { newId } from '../../db/ids.ts';
import { backupCodes, users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { currentTenant, tenantCrypto } from '../tenants/service.ts';
import { tenantSettings } from '../tenants/settings.ts';
import { hashCode, newBackupCode, readBackupCode } from './codes.ts';
import type { LoginGuard } from './login-guard.ts';
import { makeOneTime, readOneTime, useOneTime } from './one-time.ts';
import { checkPassword } from './passwords.ts';
import type { TokenAnswer } from './schemas.ts';
import {
  answerTokens,
  assertMaySignIn,
  holdAccount,
  type Origin,
  openGrant,
  revokeUser,
  type UserRow,
} from './sign-in.ts';
import type { Caller } from './tokens.ts';

/** Time-based one-time passwords (RFC 6238): SHA-1, six digits, 30 s, as every authenticator app has them. */
const STEP_SECONDS = 30;
const BACKUP_CODES = 10;
const CHALLENGE_MS = 5 * 60_000;

export interface SecondFactorCode {
  code?: string | undefined;
  backupCode?: string | undefined;
}

/** What a right password is answered with where the account has a second factor. */
export async function openChallenge(context: AppContext, tx: Tx, user: UserRow): Promise<ApiError> {
  const { token } = await makeOneTime(context, tx, {
    tenantId: user.tenantId,
    userId: user.id,
    purpose: 'second-factor',
    lifetimeMs: CHALLENGE_MS,
  });
  return new ApiError('second-factor-required', {
    details: { challenge: token, expiresIn: CHALLENGE_MS / 1000, methods: ['totp', 'backup-code'] },
  });
}

/** Throws `second-factor-wrong`, `rate-limited` and what `login` throws. */
export async function answerChallenge(
  context: AppContext,
  guard: LoginGuard,
  given: { challenge: string } & SecondFactorCode,
  origin: Origin,
): Promise<TokenAnswer> {
  const now = () => new Date(context.clock.now());
  const held = await context.db.system((tx) => readOneTime(tx, 'second-factor', given.challenge, now()));
  if (!held?.userId) throw new ApiError('second-factor-wrong');
  const { userId, tenantId } = held;
  let method: 'totp' | 'backup-code' | null = null;
  await guard.attempt({ account: `second-factor:${userId}`, address: origin.address }, async () => {
    method = await context.db.tenant(tenantId, (tx) => useCode(context, tx, tenantId, userId, given));
    return method !== null;
  });
  if (method === null) throw new ApiError('second-factor-wrong');
  const grant = await context.db.system(async (tx) => {
    const user = await holdAccount(tx, userId);
    if (!user || !(await useOneTime(tx, 'second-factor', given.challenge, now())))
      throw new ApiError('second-factor-wrong');
    const tenant = await currentTenant(tx, tenantId);
    assertMaySignIn(user, tenant);
    return openGrant(context, tx, { user, tenant, familyId: null, methods: ['password', method!] }, origin);
  });
  return answerTokens(context, grant);
}

/** A new secret, which counts once `turnOn` has seen a code of it. Throws `second-factor-already-on`. */
export async function prepareSecondFactor(
  context: AppContext,
  caller: Caller,
): Promise<{ secret: string; uri: string; qr: string }> {
  const secret = new Secret({ size: 20 });
  const uri = await context.db.tenant(caller.tenantId, async (tx) => {
    const user = await lockUser(tx, caller.userId);
    if (user.totpEnabledAt !== null) throw new ApiError('second-factor-already-on');
    const tenant = await currentTenant(tx, caller.tenantId);
    const crypto = await tenantCrypto(context, tx, caller.tenantId);
    await tx
      .update(users)
      .set({ totpSecret: sealSecret(crypto, user.id, secret), totpLastStep: null })
      .where(eq(users.id, user.id));
    return new TOTP({ issuer: tenant.name, label: user.email, secret, period: STEP_SECONDS }).toString();
  });
  const svg = await qrToString(uri, { type: 'svg', margin: 2, errorCorrectionLevel: 'M' });
  const qr = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
  return { secret: secret.base32, uri, qr };
}

/**
 * Ends the user's other sign-ins. Answers the backup codes: the only time that they can be told. Throws
 * `second-factor-off`, `-already-on`, `-wrong`.
 */
export async function turnOn(
  context: AppContext,
  guard: LoginGuard,
  caller: Caller,
  code: string,
): Promise<string[]> {
  return guarded(guard, caller, () =>
    context.db.tenant(caller.tenantId, async (tx) => {
      const user = await lockUser(tx, caller.userId);
      if (user.totpEnabledAt !== null) throw new ApiError('second-factor-already-on');
      if (user.totpSecret === null) throw new ApiError('second-factor-off');
      if (!(await useTotp(context, tx, user, code))) return null;
      const now = new Date(context.clock.now());
      await tx.update(users).set({ totpEnabledAt: now }).where(eq(users.id, user.id));
      // Whoever knew the password before has a sign-in, too, and it never showed a second factor.
      await revokeUser(tx, user.id, 'second-factor-on', now, caller.familyId);
      return replaceBackupCodes(context, tx, user);
    }),
  );
}

/** Throws `second-factor-off`, `-needed-by-role`, `-wrong`, `password-wrong`, `password-missing`. */
export async function turnOff(
  context: AppContext,
  guard: LoginGuard,
  caller: Caller,
  given: { password?: string | undefined } & SecondFactorCode,
): Promise<void> {
  await guarded(guard, caller, () =>
    context.db.tenant(caller.tenantId, async (tx) => {
      const user = await lockUser(tx, caller.userId);
      if (user.totpEnabledAt === null) throw new ApiError('second-factor-off');
      const { requiredFor } = tenantSettings(await currentTenant(tx, caller.tenantId)).twoFactor;
      if (requiredFor.includes(user.role === 'sysadmin' ? 'admin' : user.role)) {
        throw new ApiError('second-factor-needed-by-role');
      }
      // An account without a password signs in through a provider: the code alone has to do.
      if (user.passwordHash !== null && !(await checkPassword(user.passwordHash, given.password ?? ''))) {
        return null;
      }
      if ((await useCode(context, tx, caller.tenantId, user.id, given)) === null) return null;
      await forgetSecondFactor(tx, user.id);
      return true;
    }),
  );
}

/** New backup codes instead of the old ones. Throws `second-factor-off`, `second-factor-wrong`. */
export async function renewBackupCodes(
  context: AppContext,
  guard: LoginGuard,
  caller: Caller,
  code: string,
): Promise<string[]> {
  return guarded(guard, caller, () =>
    context.db.tenant(caller.tenantId, async (tx) => {
      const user = await lockUser(tx, caller.userId);
      if (user.totpEnabledAt === null) throw new ApiError('second-factor-off');
      return (await useTotp(context, tx, user, code)) ? replaceBackupCodes(context, tx, user) : null;
    }),
  );
}

export async function forgetSecondFactor(tx: Tx, userId: string): Promise<void> {
  await tx
    .update(users)
    .set({ totpSecret: null, totpEnabledAt: null, totpLastStep: null })
    .where(eq(users.id, userId));
  await tx.delete(backupCodes).where(eq(backupCodes.userId, userId));
}

/** `null` of `check` is a wrong code. */
async function guarded<T>(guard: LoginGuard, caller: Caller, check: () => Promise<T | null>): Promise<T> {
  let outcome: T | null = null;
  await guard.attempt({ account: `second-factor:${caller.userId}`, address: null }, async () => {
    outcome = await check();
    return outcome !== null;
  });
  if (outcome === null) throw new ApiError('second-factor-wrong');
  return outcome;
}

async function lockUser(tx: Tx, userId: string): Promise<UserRow> {
  const user = await holdAccount(tx, userId);
  if (!user) throw new ApiError('unauthenticated');
  return user;
}

/** Uses up a code of either kind; null where it is wrong or was used before. */
async function useCode(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  userId: string,
  given: SecondFactorCode,
): Promise<'totp' | 'backup-code' | null> {
  const user = await lockUser(tx, userId);
  if (user.totpEnabledAt === null || user.tenantId !== tenantId) return null;
  if (given.code !== undefined) return (await useTotp(context, tx, user, given.code)) ? 'totp' : null;
  if (given.backupCode === undefined) return null;
  const codeHash = hashCode(
    context.crypto.derive('backup-codes'),
    `${userId}:${readBackupCode(given.backupCode)}`,
  );
  const [used] = await tx
    .update(backupCodes)
    .set({ usedAt: new Date(context.clock.now()) })
    .where(
      and(eq(backupCodes.userId, userId), eq(backupCodes.codeHash, codeHash), isNull(backupCodes.usedAt)),
    )
    .returning({ id: backupCodes.id });
  return used ? 'backup-code' : null;
}

/**
 * A code is good in its own 30 seconds and those before and after, once: the step that it belongs to must be later
 * than the last one used. A last step that lies in the future means that the clock was set back; it counts no more, or
 * the account would be shut out until the clock is there again.
 */
async function useTotp(context: AppContext, tx: Tx, user: UserRow, code: string): Promise<boolean> {
  if (user.totpSecret === null) return false;
  const crypto = await tenantCrypto(context, tx, user.tenantId);
  const secret = new Secret({ buffer: openSecret(crypto, user.id, user.totpSecret) });
  const now = context.clock.now();
  const totp = new TOTP({ secret, period: STEP_SECONDS });
  const delta = totp.validate({ token: code.replace(/\s/g, ''), timestamp: now, window: 1 });
  if (delta === null) return false;
  const present = Math.floor(now / 1000 / STEP_SECONDS);
  const step = present + delta;
  const [used] = await tx
    .update(users)
    .set({ totpLastStep: step })
    .where(
      and(
        eq(users.id, user.id),
        or(
          isNull(users.totpLastStep),
          sql`${users.totpLastStep} < ${step}`,
          sql`${users.totpLastStep} > ${present + 1}`,
        ),
      ),
    )
    .returning({ id: users.id });
  return used !== undefined;
}

async function replaceBackupCodes(context: AppContext, tx: Tx, user: UserRow): Promise<string[]> {
  const key = context.crypto.derive('backup-codes');
  const codes = Array.from({ length: BACKUP_CODES }, newBackupCode);
  await tx.delete(backupCodes).where(eq(backupCodes.userId, user.id));
  await tx.insert(backupCodes).values(
    codes.map((code) => ({
      id: newId(),
      tenantId: user.tenantId,
      userId: user.id,
      codeHash: hashCode(key, `${user.id}:${readBackupCode(code)}`),
    })),
  );
  return codes;
}

/** Purpose of the sealed bytes in `users.totp_secret`. */
export const totpPurpose = (userId: string): string => `totp:${userId}`;

function sealSecret(crypto: TenantCrypto, userId: string, secret: Secret): Buffer {
  return crypto.seal(totpPurpose(userId), secret.bytes);
}

function openSecret(crypto: TenantCrypto, userId: string, sealed: Buffer): ArrayBuffer {
  return new Uint8Array(crypto.open(totpPurpose(userId), sealed)).buffer;
}
