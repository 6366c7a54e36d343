import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Config } from '../../../config/index.ts';
import type { AppContext, Clock } from '../../context.ts';
import type { Role } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import { createSigningKeys, SIGNING_ALGORITHM, type SigningKeys } from './signing-keys.ts';
import { createStandings, type Standings } from './standing.ts';

/** Who calls: what an access token or an API key says. */
export interface Caller {
  kind: 'user' | 'api-key';
  /** The user; of an API key its own id. */
  userId: string;
  tenantId: string;
  /** An API key reaches what an administrator reaches, within its scopes. */
  role: Role;
  /** The roster entry of a student's account. */
  studentId: string | null;
  /** Epoch milliseconds: long-lived connections end with the token. */
  expiresAt: number;
  /** What an API key may do, such as `attendance:read`; null for a user, who may do what the role may. */
  scopes: readonly string[] | null;
  /** The sign-in that the token belongs to. */
  familyId: string | null;
}

/** What a token is issued for. */
export interface TokenSubject {
  userId: string;
  tenantId: string;
  role: Role;
  studentId: string | null;
  familyId: string;
  /** How the sign-in was made: `password`, `totp`, `backup-code`, `oidc`, `code`. */
  methods: readonly string[];
  /** Epoch milliseconds; the token counts as issued then at the earliest. */
  validAfter: number;
}

export interface AccessTokens {
  /** Seconds that a token is valid. */
  readonly lifetime: number;
  issue(subject: TokenSubject): Promise<string>;
  /**
   * Throws `unauthenticated`, `token-expired`, `institution-suspended`; `second-factor-setup-required` unless
   * `setup` is set, for the routes where the second factor is set up.
   */
  verify(token: string, options?: { setup?: boolean }): Promise<Caller>;
  /** After a commit that changed how a user or an institution stands: this server takes notice at once. */
  changed(what: { userId: string } | { tenantId: string }): void;
  /** The public keys, RFC 7517. */
  published: SigningKeys['published'];
}

const ISSUER = 'yoklama';
const AUDIENCE = 'yoklama-api';
const TYPE = 'at+jwt';
/** Longer than any token that is issued here. */
const MAX_TOKEN_LENGTH = 2000;
const MAX_VERIFIED = 5000;

interface Verified {
  caller: Caller;
  kid: string;
  issuedAt: number;
  methods: readonly string[];
  generation: number;
}

/** Tokens over the keys and accounts of the database. */
export function openAccessTokens(
  config: Config,
  parts: Pick<AppContext, 'db' | 'crypto' | 'clock' | 'log'>,
): AccessTokens {
  const lifetime = config.limits.accessTokenSeconds;
  const periodMs = config.limits.signingKeyDays * 86_400_000;
  return createAccessTokens({
    keys: createSigningKeys({ ...parts, lifetime, periodMs }),
    standings: createStandings({ ...parts, lifetime }),
    lifetime,
    clock: parts.clock,
  });
}

export function createAccessTokens(options: {
  keys: SigningKeys;
  standings: Standings;
  lifetime: number;
  clock: Clock;
}): AccessTokens {
  const { keys, standings, lifetime, clock } = options;
  // Checking a signature takes 0.15 ms, and a client sends the same token for a quarter of an hour.
  const verified = new LRUCache<string, Verified>({ max: MAX_VERIFIED });

  async function check(token: string): Promise<Verified> {
    const known = verified.get(token);
    const now = clock.now();
    if (known && known.generation === keys.generation() && (await keys.find(known.kid))) {
      if (known.caller.expiresAt > now) return known;
      throw new ApiError('token-expired');
    }
    const fresh = await checkSignature(token, now);
    verified.set(token, fresh);
    return fresh;
  }

  async function checkSignature(token: string, now: number): Promise<Verified> {
    if (token.length > MAX_TOKEN_LENGTH) throw new ApiError('unauthenticated');
    let kid: unknown;
    try {
      kid = decodeProtectedHeader(token).kid;
    } catch (error) {
      throw new ApiError('unauthenticated', { cause: error });
    }
    const key = typeof kid === 'string' && kid.length <= 64 ? await keys.find(kid) : null;
    if (!key) throw new ApiError('unauthenticated');
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [SIGNING_ALGORITHM],
        typ: TYPE,
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'exp', 'iat', 'tid', 'role', 'fid'],
        currentDate: new Date(now),
      });
      return {
        caller: callerOf(payload),
        kid: kid as string,
        issuedAt: payload.iat! * 1000,
        methods: Array.isArray(payload.amr) ? (payload.amr as string[]) : [],
        generation: keys.generation(),
      };
    } catch (error) {
      throw new ApiError(error instanceof errors.JWTExpired ? 'token-expired' : 'unauthenticated', {
        cause: error,
      });
    }
  }

  return {
    lifetime,
    published: keys.published,
    async issue({ userId, tenantId, role, studentId, familyId, methods, validAfter }) {
      const { kid, key } = await keys.current();
      const now = clock.now();
      const claims = { tid: tenantId, role, fid: familyId, amr: methods };
      return (
        new SignJWT({ ...claims, ...(studentId ? { sid: studentId } : {}) })
          .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: TYPE, kid })
          .setIssuer(ISSUER)
          .setAudience(AUDIENCE)
          .setSubject(userId)
          // To the millisecond, and never before what the account's older tokens are measured by: with the clock set
          // back a new sign-in would otherwise be taken for an old one.
          .setIssuedAt(Math.max(now, validAfter) / 1000)
          .setExpirationTime(Math.floor(now / 1000) + lifetime)
          .sign(key)
      );
    },
    async verify(token, { setup = false } = {}) {
      const { caller, issuedAt, methods } = await check(token);
      const standing = await standings.of(caller.tenantId, caller.userId);
      const ended = caller.familyId !== null && standing.endedFamilies.has(caller.familyId);
      // Half a millisecond: the claim is a decimal fraction of a second.
      const old = issuedAt + 0.5 < standing.validAfter;
      if (!standing.active || old || ended) throw new ApiError('unauthenticated');
      if (!standing.tenantActive) throw new ApiError('institution-suspended');
      // Who signed in through the institution's provider was asked for a second factor there, or not, by its rules.
      const missing = standing.needsSecondFactor && !standing.hasSecondFactor && !methods.includes('oidc');
      if (missing && !setup) throw new ApiError('second-factor-setup-required');
      return caller;
    },
    changed(what) {
      if ('userId' in what) standings.forget(what.userId);
      else standings.forgetTenant(what.tenantId);
    },
  };
}

function callerOf(payload: JWTPayload): Caller {
  return {
    kind: 'user',
    userId: payload.sub!,
    tenantId: String(payload.tid),
    role: payload.role as Role,
    studentId: typeof payload.sid === 'string' ? payload.sid : null,
    expiresAt: payload.exp! * 1000,
    scopes: null,
    familyId: String(payload.fid),
  };
}
