import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMOTION_LABELS } from './emotion-classifier.ts';
import { ModelError } from './errors.ts';
import { builtInPacks, resolvePack, thresholdAt } from './manifest.ts';

describe('the built-in packs', () => {
  it('are default and opencv-zoo, and their manifest is valid', () => {
    expect(builtInPacks()).toEqual(['default', 'opencv-zoo']);
    for (const name of builtInPacks()) expect(resolvePack(name).name).toBe(name);
  });

  it('state licence and provenance of every file and integrity of every package', () => {
    for (const name of builtInPacks()) {
      const pack = resolvePack(name);
      for (const entry of Object.values(pack.models)) {
        expect(entry.licence).not.toBe('');
        expect(entry.provenance.length).toBeGreaterThan(20);
        for (const source of entry.sources) {
          if ('npm' in source) expect(pack.packages?.[source.npm]?.integrity).toMatch(/^sha512-/);
        }
      }
    }
  });

  it('give every emotion classifier all seven labels', () => {
    for (const name of builtInPacks()) {
      expect([...(resolvePack(name).models.emotion?.labels ?? [])].sort()).toEqual(
        [...EMOTION_LABELS].sort(),
      );
    }
  });
});

describe('resolvePack', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yoklama-manifest-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const codeOf = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      if (error instanceof ModelError) return [error.code, error.message] as const;
    }
    throw new Error('no ModelError');
  };

  it('names the packs it knows when asked for another', () => {
    const [code, message] = codeOf(() => resolvePack('insightface'));
    expect(code).toBe('model-pack-unknown');
    expect(message).toContain('default, opencv-zoo');
  });

  it('says what is wrong with a manifest', async () => {
    const path = join(folder, 'bad.json');
    await writeFile(path, '{"version":1,"packs":{"mine":{"title":"x"}}}');
    const [code, message] = codeOf(() => resolvePack(path));
    expect(code).toBe('model-manifest-invalid');
    expect(message).toContain('/packs/mine');
    await writeFile(path, '{');
    expect(codeOf(() => resolvePack(path))[0]).toBe('model-manifest-invalid');
    expect(codeOf(() => resolvePack(join(folder, 'none.json')))[0]).toBe('model-manifest-invalid');
  });

  it('asks for the hash of a file that a recipe makes', async () => {
    const { name: _name, base: _base, ...pack } = structuredClone(resolvePack('default'));
    const { sha256: _sha256, ...detector } = pack.models.detector;
    const path = join(folder, 'own.json');
    const models = { detector, embedder: pack.models.embedder };
    await writeFile(path, JSON.stringify({ version: 1, packs: { own: { ...pack, models } } }));
    expect(codeOf(() => resolvePack(path))[1]).toContain('own.detector: bytes and sha256');
  });
});

describe('thresholdAt', () => {
  const calibration = {
    cosineAtFar: [
      { far: 1e-3, threshold: 0.34 },
      { far: 1e-5, threshold: 0.49 },
      { far: 1e-4, threshold: 0.42 },
    ],
  };

  it('gives the calibrated points back and lies between them in the logarithm', () => {
    expect(thresholdAt(calibration, 1e-3)).toBeCloseTo(0.34, 9);
    expect(thresholdAt(calibration, 1e-4)).toBeCloseTo(0.42, 9);
    expect(thresholdAt(calibration, 1e-5)).toBeCloseTo(0.49, 9);
    expect(thresholdAt(calibration, Math.sqrt(1e-3 * 1e-4))).toBeCloseTo(0.38, 9);
    expect(thresholdAt(calibration, 1e-6)).toBeCloseTo(0.56, 9);
    expect(thresholdAt(calibration, 1e-2)).toBeCloseTo(0.26, 9);
  });

  it('never falls when fewer mistakes are allowed', () => {
    const rate = fc.double({ min: -9, max: 0, noNaN: true });
    fc.assert(
      fc.property(rate, rate, (a, b) => {
        const [low, high] = [10 ** Math.min(a, b), 10 ** Math.max(a, b)];
        expect(thresholdAt(calibration, low)).toBeGreaterThanOrEqual(thresholdAt(calibration, high));
      }),
    );
  });

  it('refuses what is no rate', () => {
    for (const bad of [0, -1, 2, Number.NaN]) expect(() => thresholdAt(calibration, bad)).toThrow(RangeError);
  });
});
