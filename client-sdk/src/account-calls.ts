import { type Http, unwrap } from './http.ts';
import type { TokenKeeper, TokenSet } from './tokens.ts';
import type * as api from './types.ts';

export function toTokenSet(answer: api.TokenAnswer): TokenSet {
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    expiresAtMs: Date.now() + answer.expires_in * 1000,
    user: answer.user,
    limited: answer.limited,
  };
}

/** Signing in by every way there is, and out. What succeeds is signed in from then on. */
export function authCalls(open: Http, http: Http, tokens: TokenKeeper) {
  const enter = async (answer: Promise<api.TokenAnswer>): Promise<api.User> => {
    const held = toTokenSet(await answer);
    tokens.set(held);
    return held.user;
  };
  return {
    /**
     * Throws `second-factor-required` where the account has one: `secondFactorChallenge(error)` is what
     * `secondFactor` needs then. `rate-limited` says in `retryAfterSeconds` how long to wait.
     */
    login: (email: string, password: string) =>
      enter(unwrap(open.POST('/api/v1/auth/login', { body: { email, password } }))),
    /** The six digits of the app as `code`, or one of the `backupCode`s. */
    secondFactor: (body: api.SecondFactorAnswer) =>
      enter(unwrap(open.POST('/api/v1/auth/2fa/login', { body }))),
    /** Signs out here at once; that the server could not be told keeps nobody signed in. */
    async logout(): Promise<void> {
      const held = tokens.current();
      tokens.set(null);
      if (!held) return;
      const body = { refresh_token: held.refreshToken };
      await unwrap(open.POST('/api/v1/auth/logout', { body })).catch(() => undefined);
    },
    me: () => unwrap(http.GET('/api/v1/auth/me')),
    /** Name or language of the signed-in user. */
    async changeMe(body: api.MePatch): Promise<api.User> {
      const user = await unwrap(http.PATCH('/api/v1/auth/me', { body }));
      const held = tokens.current();
      if (held) tokens.set({ ...held, user });
      return user;
    },
    /** Sends a link to make an account, where the institution allows it; the same whether the address is known. */
    register: (body: api.Registration) => unwrap(open.POST('/api/v1/auth/register', { body })),
    /** `account-waiting`: the account was made, and waits until its entry on the roster is found. */
    acceptInvitation: (body: api.InvitationAnswer) =>
      enter(unwrap(open.POST('/api/v1/auth/invitations/accept', { body }))),
    activate: (body: api.Activation) => enter(unwrap(open.POST('/api/v1/auth/activate', { body }))),
    forgotPassword: (email: string) => unwrap(open.POST('/api/v1/auth/password/forgot', { body: { email } })),
    resetPassword: (token: string, password: string) =>
      unwrap(open.POST('/api/v1/auth/password/reset', { body: { token, password } })),
    changePassword: (oldPassword: string, newPassword: string) =>
      unwrap(http.POST('/api/v1/auth/password/change', { body: { oldPassword, newPassword } })),
    /** Where to send the browser, and the `state` to compare with what comes back. */
    startOidc: (id: string) => unwrap(open.GET('/api/v1/auth/oidc/{id}/start', { params: { path: { id } } })),
    finishOidc: (body: api.OidcAnswer) => enter(unwrap(open.POST('/api/v1/auth/oidc/callback', { body }))),
  };
}

/** The second factor of the signed-in user. */
export function secondFactorCalls(http: Http, tokens: TokenKeeper) {
  const remember = (secondFactor: boolean) => {
    const held = tokens.current();
    if (!held) return;
    const { limited: _, ...rest } = held;
    tokens.set({ ...rest, user: { ...held.user, secondFactor } });
  };
  return {
    /** A secret for an authenticator app, also as a picture; it counts once `confirm` has seen a code of it. */
    prepare: () => unwrap(http.POST('/api/v1/auth/2fa/enable')),
    /** Switches it on; the backup codes are answered only now. */
    async confirm(code: string): Promise<string[]> {
      const { backupCodes } = await unwrap(http.POST('/api/v1/auth/2fa/verify', { body: { code } }));
      remember(true);
      return backupCodes;
    },
    async disable(body: api.SecondFactorProof): Promise<void> {
      await unwrap(http.POST('/api/v1/auth/2fa/disable', { body }));
      remember(false);
    },
    /** New backup codes; the old ones are good no more. */
    renewBackupCodes: async (code: string): Promise<string[]> =>
      (await unwrap(http.POST('/api/v1/auth/2fa/backup-codes', { body: { code } }))).backupCodes,
  };
}

/** Where the signed-in user is signed in. */
export function signInCalls(http: Http) {
  return {
    list: async (): Promise<api.SignInEntry[]> => (await unwrap(http.GET('/api/v1/auth/sessions'))).items,
    end: (id: string) => unwrap(http.DELETE('/api/v1/auth/sessions/{id}', { params: { path: { id } } })),
    /** All but this one; answers how many. */
    endOthers: async (): Promise<number> => (await unwrap(http.DELETE('/api/v1/auth/sessions'))).ended,
  };
}
