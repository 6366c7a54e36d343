import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnalysisReport } from '../../pipeline/analysis-report.ts';
import { judge, type Verdict } from './judge.ts';
import { type Rendered, render, skipWithoutRenderer } from './render.ts';

/** Real people who move, turn and cover their faces; one comes late, one leaves, one stays away. */
const TOOL = 'make-people-wall.mjs';

describe.skipIf(skipWithoutRenderer('accuracy on the wall of people', TOOL))('wall of people', () => {
  let rendered: Rendered;
  let report: AnalysisReport;
  let verdict: Verdict;

  beforeAll(async () => {
    rendered = await render(TOOL, [
      '--late',
      'person-4:8',
      '--leave',
      'person-2:20',
      '--without',
      'person-5',
    ]);
    report = await rendered.analyze('wall.mp4');
    verdict = judge(report, rendered.truth);
    console.info(JSON.stringify({ students: verdict.students, strangers: report.strangers }));
  }, 600_000);
  afterAll(() => rendered?.[Symbol.asyncDispose]());

  it('marks everybody who is there and nobody else', () => {
    const present = report.students.filter(({ status }) => status === 'present').map(({ id }) => id);
    expect(present.sort()).toEqual([...rendered.truth.present].sort());
    expect(report.students.find(({ id }) => id === 'person-5')?.status).toBe('absent');
  });

  it('knows when they came and went', () => {
    for (const { id, enterError, leaveError } of verdict.students) {
      expect(Math.abs(enterError), `${id} came`).toBeLessThanOrEqual(3);
      expect(Math.abs(leaveError), `${id} went`).toBeLessThanOrEqual(3);
    }
  });

  it('names every face by the region that it is in', () => {
    for (const { faces } of report.frames!) {
      for (const { box, studentId } of faces) {
        if (studentId === null) continue;
        const { region } = rendered.truth.people[studentId] as unknown as { region: number[] };
        const [x, y] = [box[0] + box[2] / 2, box[1] + box[3] / 2];
        expect(x >= region[0]! && x < region[0]! + region[2]!, studentId).toBe(true);
        expect(y >= region[1]! && y < region[1]! + region[3]!, studentId).toBe(true);
      }
    }
  });

  it('judges attention of everybody who is seen long enough', () => {
    for (const { id, status, coverage, attention } of report.students) {
      if (status !== 'present') continue;
      expect(coverage, id).toBeGreaterThan(0.3);
      expect(attention, id).not.toBeNull();
    }
  });
});
