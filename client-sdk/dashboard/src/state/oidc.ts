import { client } from './session.ts';

const STORED_AT = 'yoklama.oidc';

interface Started {
  state: string;
  /** Where the person was going. */
  path: string;
}

/** Sends the browser to the provider, and remembers that it was this page that began. */
export async function startOidc(providerId: string): Promise<void> {
  const { authorizationUrl, state } = await client.auth.startOidc(providerId);
  const started: Started = { state, path: location.pathname + location.hash };
  sessionStorage.setItem(STORED_AT, JSON.stringify(started));
  location.assign(authorizationUrl);
}

export type OidcOutcome = { path: string } | { refused: 'stale' | 'provider' };

/** Finishes what `startOidc` began, with what the provider sent back; throws what the server refuses. */
export async function finishOidc(query: URLSearchParams): Promise<OidcOutcome> {
  const started = take();
  const [code, state, iss] = ['code', 'state', 'iss'].map((name) => query.get(name));
  if (!started || !state || state !== started.state) return { refused: 'stale' };
  if (!code) return { refused: 'provider' };
  await client.auth.finishOidc({ code, state, ...(iss ? { iss } : {}) });
  return { path: started.path };
}

function take(): Started | null {
  const text = sessionStorage.getItem(STORED_AT);
  sessionStorage.removeItem(STORED_AT);
  try {
    return text ? (JSON.parse(text) as Started) : null;
  } catch {
    return null;
  }
}
