import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration } from 'oidc-provider';

export interface OidcPerson {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
}

/** A real OpenID Connect provider on loopback, where whoever is set as `person` is signed in already and agrees. */
export interface OidcStub {
  issuer: string;
  clientId: string;
  clientSecret: string;
  person: OidcPerson;
  /** Follows the browser's way from the authorization URL to the redirect URI; answers its parameters. */
  visit(authorizationUrl: string): Promise<{ code: string; state: string; iss: string }>;
  close(): Promise<void>;
}

export async function startOidc(options: {
  redirectUri: string;
  /** Put the address into the id token; otherwise it is only at the userinfo endpoint, as with many providers. */
  emailInIdToken?: boolean;
}): Promise<OidcStub> {
  const server: Server = createServer((request, response) => handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clientId = 'yoklama';
  const clientSecret = 'a secret of the client, long enough for it';
  const stub: OidcStub = {
    issuer,
    clientId,
    clientSecret,
    person: { sub: 'nobody' },
    visit: (url) => visit(url, options.redirectUri),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  const people = new Map<string, OidcPerson>();
  const configuration: Configuration = {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [options.redirectUri],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: options.emailInIdToken !== true,
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
    cookies: { keys: ['of the test'] },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: async () => ({ ...people.get(id), sub: id }),
    }),
    loadExistingGrant: async (context) => {
      const grant = new context.oidc.provider.Grant({
        accountId: context.oidc.session!.accountId!,
        clientId: context.oidc.client!.clientId,
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  };
  const provider = new Provider(issuer, configuration);
  provider.use(async (context, next) => {
    if (!context.path.startsWith('/interaction/')) return next();
    people.set(stub.person.sub, stub.person);
    await provider.interactionFinished(context.req, context.res, { login: { accountId: stub.person.sub } });
    context.respond = false;
  });
  const handle = provider.callback();
  return stub;
}

async function visit(
  start: string,
  redirectUri: string,
): Promise<{ code: string; state: string; iss: string }> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let hop = 0; hop < 10; hop++) {
    if (url.startsWith(redirectUri)) {
      const { searchParams } = new URL(url);
      const read = (name: string) => searchParams.get(name) ?? '';
      return { code: read('code'), state: read('state'), iss: read('iss') };
    }
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';')[0]!.split(/=(.*)/s);
      cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (!location) throw new Error(`The provider answered ${answer.status}: ${await answer.text()}`);
    url = new URL(location, url).href;
  }
  throw new Error('The provider sends the browser round in circles.');
}
