import { computed, signal } from '@preact/signals';
import { ApiError, createClient, type Tenant } from '../../../src/index.ts';
import { timeZone } from '../i18n/format.ts';
import { adoptLanguage } from '../i18n/index.ts';

export const client = createClient();

const tokens = signal(client.tokens.current());
client.tokens.onChange((held) => {
  if (tokens.peek() && !held) endedByServer.value = !signingOut;
  tokens.value = held;
});

let signingOut = false;
/** True after a sign-in ended without the person asking for it: the sign-in page says so. */
export const endedByServer = signal(false);

export const user = computed(() => tokens.value?.user ?? null);
export const canManage = computed(() => user.value?.role === 'admin' || user.value?.role === 'sysadmin');
export const tenant = signal<Tenant | null>(null);

export async function signIn(email: string, password: string): Promise<void> {
  await client.auth.login(email, password);
  endedByServer.value = false;
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
