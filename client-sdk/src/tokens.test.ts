import { describe, expect, it, vi } from 'vitest';
import { ApiError, networkError } from './errors.ts';
import { authorisedFetch } from './http.ts';
import { createTokenKeeper, memoryTokenStorage, type TokenKeeperOptions, type TokenSet } from './tokens.ts';

const NOW = 1_000_000;

function tokens(number: number, over: Partial<TokenSet> = {}): TokenSet {
  return {
    accessToken: `access-${number}`,
    refreshToken: `refresh-${number}`,
    expiresAtMs: NOW + 900_000,
    user: {
      id: 'u',
      email: 'u@example.test',
      name: 'U',
      role: 'teacher',
      locale: 'tr',
      tenantId: 't',
      studentId: null,
      secondFactor: false,
    },
    ...over,
  };
}

function keeper(
  held: TokenSet | null,
  refresh: TokenKeeperOptions['refresh'],
  over: Partial<TokenKeeperOptions> = {},
) {
  const storage = memoryTokenStorage(held);
  const exclusive = <T>(task: () => Promise<T>) => task();
  return { storage, keeper: createTokenKeeper({ storage, refresh, exclusive, now: () => NOW, ...over }) };
}

describe('the access token', () => {
  it('is used while it is good', async () => {
    const refresh = vi.fn();
    expect(await keeper(tokens(1), refresh).keeper.accessToken()).toBe('access-1');
    expect(refresh).not.toHaveBeenCalled();
  });

  it('is replaced before it runs out, once for all who wait', async () => {
    const refresh = vi.fn(async () => tokens(2));
    const held = keeper(tokens(1, { expiresAtMs: NOW + 10_000 }), refresh);
    const all = await Promise.all(Array.from({ length: 5 }, () => held.keeper.accessToken()));
    expect(all).toEqual(Array(5).fill('access-2'));
    expect(refresh).toHaveBeenCalledTimes(1);
    expect(refresh).toHaveBeenCalledWith('refresh-1');
  });

  it('of another tab is taken over instead of using a refresh token twice', async () => {
    const refresh = vi.fn(async () => tokens(3));
    const storage = memoryTokenStorage(tokens(1));
    const exclusive = async <T>(task: () => Promise<T>) => {
      storage.write(tokens(2));
      return task();
    };
    const held = createTokenKeeper({ storage, refresh, exclusive, now: () => NOW });
    expect(await held.renew('access-1')).toBe('access-2');
    expect(refresh).not.toHaveBeenCalled();
  });

  it('that cannot be renewed signs out', async () => {
    const held = keeper(tokens(1), () => Promise.reject(new ApiError(401, 'refresh-invalid', '')));
    const heard = vi.fn();
    held.keeper.onChange(heard);
    expect(await held.keeper.renew('access-1')).toBeNull();
    expect(held.storage.read()).toBeNull();
    expect(heard).toHaveBeenCalledWith(null);
  });

  it('survives a network that is down', async () => {
    const held = keeper(tokens(1), () => Promise.reject(networkError(new TypeError('failed'))));
    await expect(held.keeper.renew('access-1')).rejects.toMatchObject({ code: 'network' });
    expect(held.storage.read()?.accessToken).toBe('access-1');
  });
});

describe('a request', () => {
  const url = 'http://server.test/api/v1/students';
  const answer = (status: number) => new Response(null, { status });

  it('is sent again with a new token, body and all, when the old one is refused', async () => {
    const seen: [string | null, string][] = [];
    const send = async (request: Request) => {
      seen.push([request.headers.get('authorization'), await request.text()]);
      return answer(seen.length === 1 ? 401 : 201);
    };
    const held = keeper(tokens(1), async () => tokens(2));
    const response = await authorisedFetch(
      held.keeper,
      send,
    )(new Request(url, { method: 'POST', body: '{"name":"Ayşe"}' }));
    expect(response.status).toBe(201);
    expect(seen).toEqual([
      ['Bearer access-1', '{"name":"Ayşe"}'],
      ['Bearer access-2', '{"name":"Ayşe"}'],
    ]);
  });

  it('is not tried a third time', async () => {
    const send = vi.fn(async () => answer(401));
    const held = keeper(tokens(1), async () => tokens(2));
    expect((await authorisedFetch(held.keeper, send)(new Request(url))).status).toBe(401);
    expect(send).toHaveBeenCalledTimes(2);
  });

  it('that reaches nobody says so by code', async () => {
    const held = keeper(tokens(1), async () => tokens(2));
    const send = authorisedFetch(held.keeper, () => Promise.reject(new TypeError('fetch failed')));
    await expect(send(new Request(url))).rejects.toMatchObject({ status: 0, code: 'network' });
  });
});
