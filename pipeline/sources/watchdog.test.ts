import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWatchdog } from './watchdog.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const told: string[] = [];
  const watchdog = createWatchdog({
    onStall: () => told.push('stall'),
    onGiveUp: () => told.push('give up'),
  });
  return { told, watchdog };
}

describe('watchdog', () => {
  it('tells a stall once, then gives up once', () => {
    const { told, watchdog } = setUp();
    watchdog.expect({ stallMs: 500, giveUpMs: 1000 });
    vi.advanceTimersByTime(400);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(400);
    expect(told).toEqual(['stall']);
    vi.advanceTimersByTime(5000);
    expect(told).toEqual(['stall', 'give up']);
    watchdog.stop();
  });

  it('is quiet while it is fed, and when nothing is expected', () => {
    const { told, watchdog } = setUp();
    vi.advanceTimersByTime(5000);
    watchdog.expect({ stallMs: 500, giveUpMs: 1000 });
    for (let n = 0; n < 20; n++) {
      vi.advanceTimersByTime(400);
      watchdog.feed();
    }
    watchdog.expect(null);
    vi.advanceTimersByTime(5000);
    watchdog.expect({ stallMs: 500, giveUpMs: 1000 });
    watchdog.stop();
    vi.advanceTimersByTime(5000);
    expect(told).toEqual([]);
  });

  it('does not count the time in which this process was busy', () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { told, watchdog } = setUp();
    watchdog.expect({ stallMs: 500, giveUpMs: 1000 });
    now = 60_000;
    vi.advanceTimersToNextTimer();
    expect(told).toEqual([]);
    watchdog.stop();
  });
});
