import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/index.ts';
import { type FaceModels, loadFaceModels } from '../../models/face-models.ts';
import { installPack } from '../../models/install.ts';
import { createFacePipeline } from '../../pipeline/face-pipeline.ts';
import type { Frame } from '../../pipeline/frame.ts';
import { ratesAt } from '../../pipeline/scheduler.ts';
import { demoCache } from '../../scripts/demo/photos.ts';
import { renderDemoClassroom } from '../../scripts/demo/render.ts';

const WIDTH = 1920;
const HEIGHT = 1080;
const CROWD = 100;
const COLUMNS = 14;
const CELL = 132;

describe('a frame with a hundred faces, and one with none', () => {
  let models: FaceModels;
  let crowd: Uint8Array;

  beforeAll(async () => {
    const { models: settings } = loadConfig();
    await installPack(settings);
    models = await loadFaceModels(settings);
    const { roster } = await renderDemoClassroom({ dir: join(demoCache, 'classroom') });
    const heads = await Promise.all(
      roster.map(({ photos }) =>
        sharp(photos[0]!)
          .resize(CELL - 8, CELL - 8, { fit: 'cover' })
          .toBuffer(),
      ),
    );
    const placed = Array.from({ length: CROWD }, (_, i) => ({
      input: heads[i % heads.length]!,
      left: (i % COLUMNS) * CELL + 30,
      top: Math.floor(i / COLUMNS) * CELL + 10,
    }));
    crowd = await sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#9a948a' } })
      .composite(placed)
      .removeAlpha()
      .raw()
      .toBuffer();
  }, 300_000);
  afterAll(() => models?.dispose());

  const frame = (data: Uint8Array, seq: number): Frame => {
    const mediaTimeS = seq / 2;
    return { data, width: WIDTH, height: HEIGHT, seq, atMs: 1_000_000 + mediaTimeS * 1000, mediaTimeS };
  };

  it('tracks the crowd, spreads the dear models over frames, and lets everybody go', async () => {
    let embedded = 0;
    const counting: FaceModels = {
      ...models,
      embedder: {
        embed(image, fives) {
          embedded = Math.max(embedded, fives.length);
          return models.embedder.embed(image, fives);
        },
      },
    };
    const pipeline = createFacePipeline(counting, {
      gallery: [],
      purposes: { identify: true, attention: true, emotion: 'off', liveness: false },
      detectWidth: 0,
      firstTrackId: 1,
    });
    const rates = ratesAt('full');
    let faces = 0;
    for (let seq = 0; seq < 6; seq++) faces = (await pipeline.process(frame(crowd, seq), rates)).faces.length;
    expect(faces).toBeGreaterThanOrEqual(CROWD * 0.9);
    expect(faces).toBeLessThanOrEqual(CROWD * 1.05);
    expect(embedded).toBeGreaterThan(0);
    expect(embedded).toBeLessThanOrEqual(rates.embedsPerFrame);

    const empty = new Uint8Array(WIDTH * HEIGHT * 3).fill(128);
    let ended = 0;
    for (let seq = 6; seq < 16; seq++) {
      const result = await pipeline.process(frame(empty, seq), rates);
      expect(result.faces).toEqual([]);
      ended += result.ended.length;
    }
    expect(ended).toBe(faces);
    expect(pipeline.alive()).toEqual([]);
  });
});
