import { describe, expect, it } from 'vitest';
import { CryptoError, createCrypto } from './crypto.ts';

const crypto = createCrypto(Buffer.alloc(32, 7));
const tenant = (id: string) => crypto.tenant(id, crypto.createTenantKey(id));

describe('tenant encryption', () => {
  it('opens what it sealed: bytes, JSON and vectors', () => {
    const mine = tenant('a');
    const vector = Float32Array.from([0.25, -1.5e-8, 1, 0]);
    expect(mine.open('x', mine.seal('x', Buffer.from('merhaba'))).toString()).toBe('merhaba');
    expect(mine.openJson('x', mine.sealJson('x', { ş: [1, null] }))).toEqual({ ş: [1, null] });
    expect(mine.openVector('x', mine.sealVector('x', vector))).toEqual(vector);
  });

  it('never seals the same bytes twice alike', () => {
    const mine = tenant('a');
    expect(mine.seal('x', Buffer.from('1')).equals(mine.seal('x', Buffer.from('1')))).toBe(false);
  });

  it('refuses another purpose, another institution and damage', () => {
    const mine = tenant('a');
    const sealed = mine.seal('face:1', Buffer.from('secret'));
    expect(() => mine.open('face:2', sealed)).toThrow(CryptoError);
    expect(() => tenant('b').open('face:1', sealed)).toThrow(CryptoError);
    for (const at of [0, 5, sealed.length - 1, 15]) {
      const damaged = Buffer.from(sealed);
      damaged[at]! ^= 1;
      expect(() => mine.open('face:1', damaged)).toThrow(CryptoError);
    }
    expect(() => mine.open('face:1', sealed.subarray(0, 10))).toThrow(CryptoError);
  });

  it('does not unwrap an institution’s key for another, nor under another master key', () => {
    const wrapped = crypto.createTenantKey('a');
    expect(() => crypto.tenant('b', wrapped)).toThrow(CryptoError);
    expect(() => createCrypto(Buffer.alloc(32, 8)).tenant('a', wrapped)).toThrow(CryptoError);
  });

  it('opens what a retired key sealed, and seals with the current one', () => {
    const before = crypto.createTenantKey('a');
    const after = crypto.createTenantKey('a');
    const sealed = crypto.tenant('a', before).seal('x', Buffer.from('old'));
    const both = crypto.tenant('a', after, [before]);
    expect(both.open('x', sealed).toString()).toBe('old');
    expect(sealed.subarray(0, 5)).not.toEqual(both.prefix);
    expect(both.seal('x', Buffer.from('new')).subarray(0, 5)).toEqual(both.prefix);
    expect(() => crypto.tenant('a', after).open('x', sealed)).toThrow(CryptoError);
  });

  it('opens what was sealed before keys had an id', () => {
    const wrapped = Buffer.from(
      'AQAAAAAAAAAAAAAAADxZ+iDQWpv1A7B9hXDXGAdXYXmTiD46ZCqTgE/tB4+LNAyPBt5J8iZdBo5togoOXg==',
      'base64',
    );
    expect(crypto.unwrapTenantKey('a', wrapped)).toEqual(Buffer.alloc(32, 9));
  });

  it('wraps an institution’s key anew under another master key', () => {
    const next = createCrypto(Buffer.alloc(32, 8));
    const wrapped = crypto.createTenantKey('a');
    const sealed = crypto.tenant('a', wrapped).seal('x', Buffer.from('kept'));
    const rewrapped = next.rewrapTenantKey('a', wrapped, crypto);
    expect(next.tenant('a', rewrapped).open('x', sealed).toString()).toBe('kept');
    expect(() => crypto.tenant('a', rewrapped)).toThrow(CryptoError);
  });

  it('derives a key of its own for each use', () => {
    expect(crypto.derive('a').equals(crypto.derive('b'))).toBe(false);
    expect(crypto.derive('a').equals(createCrypto(Buffer.alloc(32, 7)).derive('a'))).toBe(true);
    expect(() => createCrypto(Buffer.alloc(16))).toThrow(CryptoError);
  });
});
