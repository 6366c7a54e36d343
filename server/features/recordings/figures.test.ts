import { expect, it } from 'vitest';
import { createFigures } from './figures.ts';

it('figures tell what runs now apart from what has been since the start', () => {
  const figures = createFigures();
  figures.wrote(1000);
  figures.wrote(500);
  figures.fell('disk-full');
  figures.fell('disk-full');
  figures.fell('unreachable');
  const running = [
    { problem: null, segments: 0 },
    { problem: null, segments: 2 },
    { problem: 'disk-failed', segments: 2 },
    { problem: 'unreachable', segments: 0 },
    { problem: 'no-publisher', segments: 7 },
  ];
  expect(figures.read(running)).toEqual({
    recordings: 5,
    states: { starting: 1, writing: 1, waiting: 2, failing: 1 },
    problems: { 'disk-full': 2, unreachable: 1 },
    ...{ segments: 2, bytes: 1500 },
  });
  expect(figures.read([])).toMatchObject({ recordings: 0, segments: 2 });
});
