import { describe, expect, it } from 'vitest';
import { createClassSense, lapseOf } from './class-sense.ts';

const FPS = lapseOf({ mode: 'fps', fps: 1 });

describe('a camera that looks for a class', () => {
  const sense = (lapseMs = FPS) => createClassSense({ faces: 3, seconds: 10, lapseMs });
  /** From when on it is a class, in seconds; frames as [second, faces]. */
  const begins = (frames: readonly (readonly [number, number])[], lapseMs = FPS): number | null => {
    const camera = sense(lapseMs);
    for (const [second, faces] of frames) if (camera.saw(faces, second * 1000)) return second;
    return null;
  };
  const every = (step: number, until: number, faces: (second: number) => number) =>
    Array.from({ length: Math.floor(until / step) + 1 }, (_, i) => [i * step, faces(i * step)] as const);

  it('sees one when enough people have stayed for long enough', () => {
    expect(begins(every(1, 30, () => 3))).toBe(10);
    expect(begins(every(1, 30, (second) => (second < 15 ? 2 : 4)))).toBe(25);
    expect(begins(every(1, 60, () => 2))).toBeNull();
  });

  it('takes heads that are down for a moment as there, but not people who pass by', () => {
    expect(begins(every(1, 30, (second) => (second === 5 || second === 6 ? 0 : 3)))).toBe(10);
    expect(begins(every(1, 60, (second) => (second % 8 < 4 ? 3 : 0)))).toBeNull();
  });

  it('also by keyframes that are far apart, and by a camera that is asked once in five seconds', () => {
    expect(
      begins(
        every(8, 60, () => 3),
        lapseOf({ mode: 'keyframes' }),
      ),
    ).toBe(16);
    expect(
      begins(
        every(5, 60, () => 3),
        lapseOf({ mode: 'fps', fps: 0.2 }),
      ),
    ).toBe(10);
  });

  it('begins anew when the clock is set back', () => {
    const camera = sense();
    camera.saw(3, 3_600_000);
    for (let second = 0; second < 10; second++) expect(camera.saw(3, second * 1000)).toBe(false);
    expect(camera.saw(3, 10_000)).toBe(true);
  });
});
