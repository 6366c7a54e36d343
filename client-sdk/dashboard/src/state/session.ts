import { computed, effect, signal } from '@preact/signals';
import { ApiError, createClient, type Tenant, type TenantPublic } from '../../../src/index.ts';
import { timeZone } from '../i18n/format.ts';
import { adoptLanguage } from '../i18n/index.ts';
import { brandTokens } from './brand-colours.ts';

export const client = createClient({ send: heedSetup });

const tokens = signal(client.tokens.current());
client.tokens.onChange((held) => {
  if (held) endedByServer.value = false;
  else if (tokens.peek()) endedByServer.value = !signingOut;
  tokens.value = held;
});

let signingOut = false;
/** True after a sign-in ended without the person asking for it: the sign-in page says so. */
export const endedByServer = signal(false);

export const user = computed(() => tokens.value?.user ?? null);
export const canManage = computed(() => user.value?.role === 'admin' || user.value?.role === 'sysadmin');
/** A second factor has to be set up before anything else works. */
export const limited = computed(() => tokens.value?.limited === true);
/** While that is being done, until the backup codes were kept. */
export const settingUp = signal(false);
export const tenant = signal<Tenant | null>(null);
/** What may be known before anybody signed in; null while it is not known. */
export const institution = signal<TenantPublic | null>(null);

/** The institution may ask for a second factor at any time: from then on the pages wait for it. */
async function heedSetup(request: Request): Promise<Response> {
  const response = await fetch(request);
  if (response.status === 403) {
    const body: unknown = await response
      .clone()
      .json()
      .catch(() => null);
    const held = client.tokens.current();
    const asked = JSON.stringify(body)?.includes('"second-factor-setup-required"');
    if (asked && held && !held.limited) client.tokens.set({ ...held, limited: true });
  }
  return response;
}

export async function signOut(): Promise<void> {
  signingOut = true;
  await client.auth.logout();
  signingOut = false;
  tenant.value = null;
}

/** The institution's zone decides how times are read; without it the browser's own does. */
export async function loadTenant(): Promise<void> {
  try {
    tenant.value = await client.tenant();
    timeZone.value = tenant.value.timezone;
    adoptLanguage(user.peek()?.locale ?? null);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

/** Name, logo and colours for whoever has not signed in; without an answer the page is the product's own. */
export async function loadInstitution(): Promise<void> {
  if (institution.peek()) return;
  try {
    institution.value = await client.tenantPublic();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

effect(() => {
  const colours = tenant.value?.settings.colours ?? institution.value?.colours ?? null;
  const { style } = document.documentElement;
  for (const name of [...style]) if (name.startsWith('--')) style.removeProperty(name);
  for (const [name, value] of Object.entries(brandTokens(colours))) style.setProperty(name, value);
});
