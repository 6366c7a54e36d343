import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Files that judge by the clock: rates of pictures, delays, how soon something is back that was killed. They run one
 * after another, when all the others are done, with the machine to themselves.
 */
const ALONE = [
  'tests/demo.test.ts',
  'tests/browser/{publish,turn,watch,watch-browser}.test.ts',
  'tests/faults/{sources,webrtc,webrtc-leaks,worker}.test.ts',
];
const SYSTEM = ['tests/{api,e2e,browser,faults,accuracy}/**/*.test.ts', 'tests/*.test.ts'];

/** Most files wait more than they calculate: two at a time also where there are two cores, or one. */
const maxWorkers = Math.min(4, Math.max(2, availableParallelism()));

const system = {
  testTimeout: 120_000,
  hookTimeout: 180_000,
  globalSetup: ['tests/support/prepare-database.ts', 'tests/support/prepare.ts'],
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{config,models,pipeline,server,scripts,client-sdk}/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          // Starting a server takes a second or two, and ten times that on a machine with other work.
          testTimeout: 60_000,
          hookTimeout: 120_000,
          globalSetup: 'tests/support/prepare-database.ts',
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...system,
          name: 'system',
          include: SYSTEM,
          exclude: ALONE,
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...system,
          name: 'alone',
          include: ALONE,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
