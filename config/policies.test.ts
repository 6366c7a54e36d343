import { describe, expect, it } from 'vitest';
import { assertPolicy, emotionMode, POLICY_IDS, policy } from './policies.ts';

describe('policies', () => {
  it.each(POLICY_IDS)('%s is consistent', (id) => {
    expect(policy(id).id).toBe(id);
    expect(policy(id).emotion.minClassSize).toBeGreaterThanOrEqual(5);
    expect(policy(id).consent.face).toBe('required');
  });

  it('prohibits emotion in the EU, whatever is asked for', () => {
    expect(policy('eu').emotion).toMatchObject({ prohibited: true, allowed: ['off'], default: 'off' });
    expect(emotionMode('eu', 'individual')).toBe('off');
    expect(policy('eu').retentionDays.emotion).toBe(0);
  });

  it('takes an allowed mode elsewhere and the default otherwise', () => {
    expect(emotionMode('us', 'individual')).toBe('individual');
    expect(emotionMode('tr', null)).toBe('off');
    expect(emotionMode('default', undefined)).toBe('class');
  });

  it('refuses a file that contradicts itself', () => {
    const eu = policy('eu');
    expect(() =>
      assertPolicy({ ...eu, emotion: { ...eu.emotion, allowed: ['off', 'class'] } }, 'eu'),
    ).toThrow(/prohibits/);
    expect(() => assertPolicy({ ...policy('us'), id: 'eu' }, 'us')).toThrow(/id is eu/);
  });
});
