import { ApiError } from './errors.ts';
import type { User } from './types.ts';

/** What a signed-in client holds. The access token lives for minutes, the refresh token is used once. */
export interface TokenSet {
  accessToken: string;
  refreshToken: string;
  expiresAtMs: number;
  user: User;
  /** The institution asks for a second factor in this role: until it is set up, nothing else works. */
  limited?: boolean;
}

export interface TokenStorage {
  read(): TokenSet | null;
  write(tokens: TokenSet | null): void;
  /** Calls back when another tab signed in, out or refreshed. */
  watch?(onChange: () => void): () => void;
}

export interface TokenKeeper {
  current(): TokenSet | null;
  set(tokens: TokenSet | null): void;
  /** A token good for a while, refreshed first when it is about to run out. Null: nobody is signed in. */
  accessToken(): Promise<string | null>;
  /** Replaces a token that the server refused. All callers at once share one request. */
  renew(stale: string): Promise<string | null>;
  onChange(listener: (tokens: TokenSet | null) => void): () => void;
}

export interface TokenKeeperOptions {
  storage: TokenStorage;
  refresh(refreshToken: string): Promise<TokenSet>;
  /**
   * Runs one task at a time across tabs. Refresh tokens rotate and using one twice ends the whole sign-in, so two
   * tabs must never refresh at once.
   */
  exclusive?: <T>(task: () => Promise<T>) => Promise<T>;
  now?: () => number;
}

/** Refreshed this long before the end, so that a request under way does not run into it. */
const EARLY_MS = 30_000;

export function createTokenKeeper(options: TokenKeeperOptions): TokenKeeper {
  const { storage, refresh } = options;
  const now = options.now ?? Date.now;
  const exclusive = options.exclusive ?? browserLock;
  const listeners = new Set<(tokens: TokenSet | null) => void>();
  let underWay: Promise<string | null> | null = null;

  const announce = () => {
    const tokens = storage.read();
    for (const listener of listeners) listener(tokens);
  };
  storage.watch?.(announce);

  const set = (tokens: TokenSet | null) => {
    storage.write(tokens);
    announce();
  };
  const isFresh = (tokens: TokenSet) => tokens.expiresAtMs - now() > EARLY_MS;

  async function replace(stale: string): Promise<string | null> {
    const held = storage.read();
    if (!held) return null;
    // Another tab may have refreshed while this one waited for the lock.
    if (held.accessToken !== stale && isFresh(held)) return held.accessToken;
    try {
      const fresh = await refresh(held.refreshToken);
      set(fresh);
      return fresh.accessToken;
    } catch (error) {
      // Only the server's own refusal signs out; a network that is down says nothing about the token.
      if (
        error instanceof ApiError &&
        (error.status === 400 || error.status === 401 || error.status === 403)
      ) {
        if (storage.read()?.refreshToken === held.refreshToken) set(null);
        return null;
      }
      throw error;
    }
  }

  const renew = (stale: string) => {
    underWay ??= exclusive(() => replace(stale)).finally(() => {
      underWay = null;
    });
    return underWay;
  };

  return {
    current: () => storage.read(),
    set,
    renew,
    async accessToken() {
      const held = storage.read();
      if (!held) return null;
      return isFresh(held) ? held.accessToken : renew(held.accessToken);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function memoryTokenStorage(initial: TokenSet | null = null): TokenStorage {
  let held = initial;
  return {
    read: () => held,
    write: (tokens) => {
      held = tokens;
    },
  };
}

/** Kept in localStorage, so that tabs share one sign-in and a reload keeps it. */
export function browserTokenStorage(key = 'yoklama.tokens'): TokenStorage {
  return {
    read() {
      try {
        const text = localStorage.getItem(key);
        return text ? (JSON.parse(text) as TokenSet) : null;
      } catch {
        return null;
      }
    },
    write(tokens) {
      if (tokens) localStorage.setItem(key, JSON.stringify(tokens));
      else localStorage.removeItem(key);
    },
    watch(onChange) {
      const listener = (event: StorageEvent) => {
        if (event.key === key || event.key === null) onChange();
      };
      addEventListener('storage', listener);
      return () => removeEventListener('storage', listener);
    },
  };
}

/** Web Locks exist on https and localhost only; elsewhere tabs race, and the storage is read again before use. */
function browserLock<T>(task: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  return locks ? locks.request('yoklama.refresh', task) : task();
}
