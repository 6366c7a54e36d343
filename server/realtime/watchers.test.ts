import { describe, expect, it } from 'vitest';
import { createWatchers } from './watchers.ts';

describe('watchers', () => {
  const made = () => {
    const told: [string, number | null][] = [];
    return { told, watchers: createWatchers((streamId, width) => told.push([streamId, width])) };
  };

  it('asks for pictures when the first watches and stops when the last has gone', () => {
    const { told, watchers } = made();
    watchers.watch('a', 's', 'stream', 640);
    watchers.watch('b', 's', 'stream', 640);
    watchers.forget('a');
    watchers.unwatch('b', 's');
    expect(told).toEqual([
      ['stream', 640],
      ['stream', null],
    ]);
  });

  it('asks for the widest that somebody wants', () => {
    const { told, watchers } = made();
    watchers.watch('a', 's', 'stream', 320);
    watchers.watch('b', 's', 'stream', 1280);
    watchers.forget('b');
    expect(told.map(([, width]) => width)).toEqual([320, 1280, 320]);
  });

  it('moves from one stream to another', () => {
    const { told, watchers } = made();
    watchers.watch('a', 's', 'one', 640);
    expect(watchers.unwatch('a', 's', 'two')).toBe('one');
    watchers.watch('a', 's', 'two', 640);
    expect(told).toEqual([
      ['one', 640],
      ['one', null],
      ['two', 640],
    ]);
  });

  it('does not switch pictures off and on for a change of width', () => {
    const { told, watchers } = made();
    watchers.watch('a', 's', 'one', 640);
    expect(watchers.unwatch('a', 's', 'one')).toBeNull();
    watchers.watch('a', 's', 'one', 800);
    expect(told.map(([, width]) => width)).toEqual([640, 800]);
  });
});
