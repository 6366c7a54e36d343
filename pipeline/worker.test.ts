import { describe, expect, it } from 'vitest';
import { createLane } from './worker.ts';

describe('lane', () => {
  it('runs a few jobs at once, lets a few wait and refuses the rest', async () => {
    const lane = createLane(2, 1);
    const finish: (() => void)[] = [];
    let most = 0;
    let running = 0;
    const job = async (): Promise<void> => {
      running++;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => finish.push(resolve));
      running--;
    };
    expect([lane.run(job), lane.run(job), lane.run(job), lane.run(job)]).toEqual([true, true, true, false]);
    for (let done = 0; done < 3; done++) {
      finish[done]!();
      await new Promise(setImmediate);
    }
    expect(most).toBe(2);
    expect(running).toBe(0);
    expect(lane.run(job)).toBe(true);
    finish.at(-1)!();
  });
});
