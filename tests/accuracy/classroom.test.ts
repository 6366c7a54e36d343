import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnalysisReport } from '../../pipeline/analysis-report.ts';
import { judge, type Verdict } from './judge.ts';
import { type Rendered, render, skipWithoutRenderer } from './render.ts';

/**
 * A rendered classroom with exact truth: faces from 28 to 110 px, late, leaving and absent students, strangers.
 * YOKLAMA_CLASSROOM_SEEDS=1,2,3,4,5 and YOKLAMA_CLASSROOM_SECONDS=60 run the full set.
 */
const TOOL = 'make-classroom.mjs';
const seeds = (process.env.YOKLAMA_CLASSROOM_SEEDS ?? '7').split(',');
const seconds = process.env.YOKLAMA_CLASSROOM_SECONDS ?? '40';

describe.skipIf(skipWithoutRenderer('accuracy on the rendered classroom', TOOL))('rendered classroom', () => {
  describe.each(seeds)('seed %s', (seed) => {
    let rendered: Rendered;
    let report: AnalysisReport;
    let verdict: Verdict;

    beforeAll(async () => {
      rendered = await render(TOOL, ['--seed', seed, '--seconds', seconds]);
      report = await rendered.analyze('classroom.mp4');
      verdict = judge(report, rendered.truth);
      const { recallBySize, identitySwitches, timesRight, times, strangersListed } = verdict;
      const { wallS, cpuS, stagesMs } = report.stats;
      console.info(
        JSON.stringify({
          seed,
          recallBySize,
          identitySwitches,
          timesRight,
          times,
          strangersListed,
          wallS,
          cpuS,
          stagesMs,
        }),
      );
    }, 600_000);
    afterAll(() => rendered?.[Symbol.asyncDispose]());

    it('marks the present students with faces of 32 px and more', () => {
      expect(verdict.presentMarked / verdict.present).toBeGreaterThanOrEqual(0.95);
    });

    it('marks no absent student and names no stranger, in no frame', () => {
      expect(verdict.absentMarked).toEqual([]);
      expect(verdict.misnamed).toEqual({});
    });

    it('lists the strangers, and hardly anybody else', () => {
      const strangers = rendered.truth.strangers!.length;
      expect(verdict.strangersListed).toBeGreaterThanOrEqual(strangers - 1);
      expect(verdict.strangersListed).toBeLessThanOrEqual(strangers + 2);
    });

    it('knows when they came and went', () => {
      expect(verdict.timesRight / verdict.times).toBeGreaterThanOrEqual(0.95);
    });

    it('lets no track go over from one person to another', () => {
      expect(verdict.identitySwitches).toBe(0);
    });

    it('takes every sampled frame', () => {
      const { framesSampled, framesDropped } = report.stats;
      expect(framesDropped).toBe(0);
      expect(Math.abs(framesSampled - Number(seconds) * 5)).toBeLessThanOrEqual(5);
      expect(report.video).toMatchObject({ width: 1920, height: 1080 });
      expect(Math.abs(report.video.durationS - Number(seconds))).toBeLessThanOrEqual(0.5);
    });
  });
});
