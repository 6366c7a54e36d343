import { errors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../context.ts';
import type { Role } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';

/** Who calls: what an access token says. */
export interface Caller {
  userId: string;
  tenantId: string;
  role: Role;
  /** The roster entry of a student's account. */
  studentId: string | null;
  /** Epoch milliseconds: long-lived connections end with the token. */
  expiresAt: number;
}

export interface AccessTokens {
  /** Seconds that a token is valid. */
  readonly lifetime: number;
  issue(caller: Omit<Caller, 'expiresAt'>): Promise<string>;
  /** Throws `unauthenticated` or `token-expired`. */
  verify(token: string): Promise<Caller>;
}

const ISSUER = 'yoklama';
const AUDIENCE = 'yoklama-api';
const ALGORITHM = 'HS256';

export function createAccessTokens(options: { key: Buffer; lifetime: number; clock: Clock }): AccessTokens {
  const { key, lifetime, clock } = options;
  const seconds = () => Math.floor(clock.now() / 1000);
  return {
    lifetime,
    issue: ({ userId, tenantId, role, studentId }) =>
      new SignJWT({ tid: tenantId, role, ...(studentId ? { sid: studentId } : {}) })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'at+jwt' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(userId)
        .setIssuedAt(seconds())
        .setExpirationTime(seconds() + lifetime)
        .sign(key),
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [ALGORITHM],
          typ: 'at+jwt',
          issuer: ISSUER,
          audience: AUDIENCE,
          requiredClaims: ['sub', 'exp', 'tid', 'role'],
          currentDate: new Date(clock.now()),
        });
        return {
          userId: payload.sub!,
          tenantId: String(payload.tid),
          role: payload.role as Role,
          expiresAt: payload.exp! * 1000,
          studentId: typeof payload.sid === 'string' ? payload.sid : null,
        };
      } catch (error) {
        throw new ApiError(error instanceof errors.JWTExpired ? 'token-expired' : 'unauthenticated', {
          cause: error,
        });
      }
    },
  };
}
