import { and, eq, gt, lt, sql } from 'drizzle-orm';
import { LRUCache } from 'lru-cache';
import * as oidc from 'openid-client';
import type { AppContext } from '../../../context.ts';
import { newId } from '../../../db/ids.ts';
import { oidcProviders, oidcStates, tenants, userIdentities, users } from '../../../db/schema/index.ts';
import type { Tx } from '../../../db/tenancy.ts';
import { ApiError } from '../../../errors.ts';
import { currentTenant, tenantCrypto } from '../../tenants/service.ts';
import { insertUser, named } from '../../users/service.ts';
import { hashToken } from '../codes.ts';
import { entryByEmail } from '../roster-match.ts';
import type { TokenAnswer } from '../schemas.ts';
import {
  answerTokens,
  assertMaySignIn,
  type Grant,
  type Origin,
  openGrant,
  type UserRow,
} from '../sign-in.ts';
import { guardedFetch } from './outbound.ts';
import { oidcSecretPurpose, type ProviderRow, redirectUri } from './providers.ts';

/** How long somebody may take at the provider. */
const STATE_MS = 10 * 60_000;
const DISCOVERY_MS = 3_600_000;

interface Secrets {
  verifier: string;
  nonce: string;
}

export interface Oidc {
  /** Throws `oidc-provider-not-found`, `oidc-provider-unreachable`, `oidc-address-forbidden`, `institution-suspended`. */
  start(providerId: string): Promise<{ authorizationUrl: string; state: string }>;
  /** Throws `oidc-state-invalid`, `oidc-refused`, `oidc-email-unverified`, `oidc-no-account` and what signing in throws. */
  finish(
    given: { code: string; state: string; iss?: string | undefined },
    origin: Origin,
  ): Promise<TokenAnswer>;
}

/**
 * Signing in through a provider: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636,
 * RFC 9207). What is needed to finish is kept here, encrypted, under the hash of the state, and used once.
 */
export function createOidc(context: AppContext): Oidc {
  // Kept by what they were made of: a changed secret is a new configuration.
  const configurations = new LRUCache<string, Promise<oidc.Configuration>>({ max: 200, ttl: DISCOVERY_MS });

  async function configurationOf(provider: ProviderRow, secret: string | null): Promise<oidc.Configuration> {
    const mark = hashToken(secret ?? '').toString('base64');
    const name = `${provider.id} ${provider.issuer} ${provider.clientId} ${mark}`;
    const known = configurations.get(name);
    if (known) return known;
    const { allowLoopback } = context.config.oidc;
    const made = oidc
      .discovery(
        new URL(provider.issuer),
        provider.clientId,
        undefined,
        secret === null ? oidc.None() : oidc.ClientSecretBasic(secret),
        {
          [oidc.customFetch]: guardedFetch(context.config.oidc) as oidc.CustomFetch,
          timeout: 10,
          ...(allowLoopback ? { execute: [oidc.allowInsecureRequests] } : {}),
        },
      )
      .catch((error: unknown) => {
        configurations.delete(name);
        throw asApiError(error, 'oidc-provider-unreachable');
      });
    configurations.set(name, made);
    return made;
  }

  async function start(providerId: string): Promise<{ authorizationUrl: string; state: string }> {
    const { provider, secret } = await providerOf(context, providerId);
    const configuration = await configurationOf(provider, secret);
    const secrets: Secrets = { verifier: oidc.randomPKCECodeVerifier(), nonce: oidc.randomNonce() };
    const state = oidc.randomState();
    const now = context.clock.now();
    await context.db.tenant(provider.tenantId, async (tx) => {
      const crypto = await tenantCrypto(context, tx, provider.tenantId);
      const id = newId();
      await tx.delete(oidcStates).where(lt(oidcStates.expiresAt, new Date(now)));
      await tx.insert(oidcStates).values({
        id,
        tenantId: provider.tenantId,
        providerId: provider.id,
        stateHash: hashToken(state),
        secrets: crypto.sealJson(`oidc-state:${id}`, secrets),
        expiresAt: new Date(now + STATE_MS),
      });
    });
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri(context),
      scope: provider.scopes,
      response_type: 'code',
      code_challenge: await oidc.calculatePKCECodeChallenge(secrets.verifier),
      code_challenge_method: 'S256',
      state,
      nonce: secrets.nonce,
    });
    return { authorizationUrl: url.href, state };
  }

  async function finish(
    given: { code: string; state: string; iss?: string | undefined },
    origin: Origin,
  ): Promise<TokenAnswer> {
    const { providerId, secrets } = await takeState(context, given.state);
    const { provider, secret } = await providerOf(context, providerId);
    const configuration = await configurationOf(provider, secret);
    const answered = new URL(redirectUri(context));
    answered.searchParams.set('code', given.code);
    answered.searchParams.set('state', given.state);
    if (given.iss !== undefined) answered.searchParams.set('iss', given.iss);
    const claims = await claimsOf(configuration, answered, given.state, secrets);
    const outcome = await named(() =>
      context.db.tenant(provider.tenantId, async (tx): Promise<Grant | 'waiting'> => {
        const tenant = await currentTenant(tx, provider.tenantId);
        const user = await accountOfClaims(context, tx, provider, claims);
        if (user.role === 'student' && user.studentId === null) return 'waiting';
        assertMaySignIn(user, tenant);
        return openGrant(context, tx, { user, tenant, familyId: null, methods: ['oidc'] }, origin);
      }),
    ).catch((error: unknown) => {
      // The address is an account of another institution: that is none of this one's business.
      if (error instanceof ApiError && error.code === 'email-taken') throw new ApiError('oidc-no-account');
      throw error;
    });
    if (outcome === 'waiting') throw new ApiError('account-waiting');
    return answerTokens(context, outcome);
  }

  return { start, finish };
}

interface Identity {
  subject: string;
  /** Null where the provider does not vouch for one. */
  email: string | null;
  name: string | null;
}

async function claimsOf(
  configuration: oidc.Configuration,
  answered: URL,
  state: string,
  secrets: Secrets,
): Promise<Identity> {
  try {
    const tokens = await oidc.authorizationCodeGrant(configuration, answered, {
      pkceCodeVerifier: secrets.verifier,
      expectedState: state,
      expectedNonce: secrets.nonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (!claims) throw new Error('The provider sent no id token.');
    let { email, email_verified, name } = claims as Record<string, unknown>;
    // Many providers have the address at their userinfo endpoint only.
    if (email === undefined && configuration.serverMetadata().userinfo_endpoint !== undefined) {
      const info = await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub);
      ({ email, email_verified, name } = { ...info, name: info.name ?? name } as Record<string, unknown>);
    }
    const verified = typeof email === 'string' && email_verified === true;
    return {
      subject: claims.sub,
      email: verified ? (email as string).trim().toLowerCase() : null,
      name: typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, 200) : null,
    };
  } catch (error) {
    throw asApiError(error, 'oidc-refused');
  }
}

/** Who has signed in there before; else whose address it is; else, where the provider may, a new account. */
async function accountOfClaims(
  context: AppContext,
  tx: Tx,
  provider: ProviderRow,
  identity: Identity,
): Promise<UserRow> {
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`oidc ${provider.id} ${identity.subject}`}, 0))`,
  );
  const [known] = await tx
    .select({ user: users })
    .from(userIdentities)
    .innerJoin(users, eq(users.id, userIdentities.userId))
    .where(and(eq(userIdentities.providerId, provider.id), eq(userIdentities.subject, identity.subject)));
  if (known) return allowed(known.user);
  if (identity.email === null) throw new ApiError('oidc-email-unverified');
  const [byEmail] = await tx
    .select()
    .from(users)
    .where(eq(sql`lower(${users.email})`, identity.email));
  const user = byEmail ? allowed(byEmail) : await provision(context, tx, provider, identity, identity.email);
  await tx.insert(userIdentities).values({
    id: newId(),
    tenantId: provider.tenantId,
    userId: user.id,
    providerId: provider.id,
    subject: identity.subject,
  });
  return user;
}

/**
 * An institution's administrator says which provider is believed: that must not be a way to the account of a system
 * administrator, who reaches every institution.
 */
function allowed(user: UserRow): UserRow {
  if (user.role === 'sysadmin') throw new ApiError('oidc-no-account');
  return user;
}

async function provision(
  context: AppContext,
  tx: Tx,
  provider: ProviderRow,
  identity: Identity,
  email: string,
): Promise<UserRow> {
  if (provider.provisionRole === null) throw new ApiError('oidc-no-account');
  const entry = provider.provisionRole === 'student' ? await entryByEmail(tx, email) : null;
  return insertUser(context, tx, {
    tenantId: provider.tenantId,
    email,
    name: identity.name ?? entry?.name ?? email,
    role: provider.provisionRole,
    passwordHash: null,
    studentId: entry?.id ?? null,
    waiting: provider.provisionRole === 'student' && entry === null,
  });
}

async function providerOf(
  context: AppContext,
  id: string,
): Promise<{ provider: ProviderRow; secret: string | null }> {
  return context.db.system(async (tx) => {
    const [found] = await tx
      .select({ provider: oidcProviders, active: tenants.active })
      .from(oidcProviders)
      .innerJoin(tenants, eq(tenants.id, oidcProviders.tenantId))
      .where(and(eq(oidcProviders.id, id), eq(oidcProviders.enabled, true)));
    if (!found) throw new ApiError('oidc-provider-not-found');
    if (!found.active) throw new ApiError('institution-suspended');
    const { provider } = found;
    if (provider.clientSecret === null) return { provider, secret: null };
    const crypto = await tenantCrypto(context, tx, provider.tenantId);
    const secret = crypto.open(oidcSecretPurpose(provider.id), provider.clientSecret).toString();
    return { provider, secret };
  });
}

/** Uses the state up. Throws `oidc-state-invalid`. */
async function takeState(
  context: AppContext,
  state: string,
): Promise<{ providerId: string; secrets: Secrets }> {
  const now = new Date(context.clock.now());
  return context.db.system(async (tx) => {
    const [row] = await tx
      .delete(oidcStates)
      .where(and(eq(oidcStates.stateHash, hashToken(state)), gt(oidcStates.expiresAt, now)))
      .returning();
    if (!row) throw new ApiError('oidc-state-invalid');
    const crypto = await tenantCrypto(context, tx, row.tenantId);
    return {
      providerId: row.providerId,
      secrets: crypto.openJson<Secrets>(`oidc-state:${row.id}`, row.secrets),
    };
  });
}

/** What lies under the library's error may be the refusal of an address. */
function asApiError(error: unknown, code: 'oidc-refused' | 'oidc-provider-unreachable'): ApiError {
  for (let depth = 0, cause = error; depth < 5 && cause instanceof Error; depth++, cause = cause.cause) {
    if (cause instanceof ApiError) return cause;
  }
  return new ApiError(code, { cause: error });
}
