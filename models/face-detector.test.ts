import { describe, expect, it } from 'vitest';
import { OnnxBuilder } from './convert/onnx-builder.ts';
import { faceDetector, levelWidths } from './face-detector.ts';
import { uniformFormat } from './image.ts';
import { openSession } from './runtime.ts';
import { image } from './test-network.ts';
import { anchorCount, decodeUltraFace } from './ultraface.ts';
import { decodeYuNet, yuNetLevel } from './yunet.ts';

describe('decodeUltraFace', () => {
  it('counts anchors of sizes that no stride divides', () => {
    expect(anchorCount(320, 240)).toBe(4420);
    expect(anchorCount(333, 217)).toBe(42 * 28 * 3 + 21 * 14 * 2 + 11 * 7 * 2 + 6 * 4 * 3);
  });

  it('puts one box where its anchor, offset and size say', () => {
    const [width, height] = [100, 70];
    const scores = new Float32Array(2 * anchorCount(width, height));
    const locations = new Float32Array(4 * anchorCount(width, height));
    // Stride 16 comes after 13 · 9 · 3 anchors; row 2, column 3 of 7, the second size (48).
    const anchor = 13 * 9 * 3 + (2 * 7 + 3) * 2 + 1;
    scores[2 * anchor + 1] = 0.9;
    locations.set([1, -2, 5 * Math.log(0.5), 5 * Math.log(2)], 4 * anchor);
    const found = decodeUltraFace(scores, locations, width, height, 0.5);
    expect(found).toHaveLength(1);
    const [x, y, w, h] = found[0]!.box;
    expect(found[0]!.score).toBeCloseTo(0.9, 6);
    expect([w, h].map((v) => Math.round(v * 1000) / 1000)).toEqual([24, 96]);
    expect(x + w / 2).toBeCloseTo(56 + 4.8, 4);
    expect(y + h / 2).toBeCloseTo(40 - 9.6, 4);
  });

  it('leaves out broken scores', () => {
    const scores = new Float32Array(2 * anchorCount(64, 64)).fill(Number.NaN);
    expect(decodeUltraFace(scores, new Float32Array(2 * scores.length), 64, 64, 0)).toEqual([]);
  });
});

describe('YuNet', () => {
  const outputs = (width: number, height: number) => {
    const all: Record<string, { data: Float32Array }> = {};
    for (const stride of [8, 16, 32]) {
      const cells = (width / stride) * (height / stride);
      for (const [name, size] of [
        ['cls', 1],
        ['obj', 1],
        ['bbox', 4],
        ['kps', 10],
      ] as const) {
        all[`${name}_${stride}`] = { data: new Float32Array(cells * size) };
      }
    }
    return all;
  };

  it('decodes a cell of the middle stride as OpenCV does', () => {
    const all = outputs(96, 64);
    const cell = 2 * 6 + 4; // row 2, column 4 of six
    all.cls_16!.data[cell] = 0.81;
    all.obj_16!.data[cell] = 1.3; // clamped to 1
    all.bbox_16!.data.set([0.5, -0.25, Math.log(2), Math.log(3)], 4 * cell);
    all.kps_16!.data.set([0, 0, 1, 0, 0.5, 0.5, 0, 1, 1, 1], 10 * cell);
    const [found] = decodeYuNet(all, 96, 64, 0.6);
    expect(found!.score).toBeCloseTo(0.9, 6);
    const expected = [72 - 16, 28 - 24, 32, 48];
    for (const [i, value] of found!.box.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
    expect(found!.points).toEqual([
      [64, 32],
      [80, 32],
      [72, 40],
      [64, 48],
      [80, 48],
    ]);
    expect(decodeYuNet(all, 96, 64, 0.91)).toEqual([]);
  });

  it('runs on any size: pads to whole cells and gives boxes of the image', async () => {
    // A stand-in with YuNet's outputs that is sure of a face in the cell of the brightest corner.
    const builder = new OnnxBuilder();
    const shapes: Record<string, (string | number)[]> = {};
    for (const stride of [8, 16, 32]) {
      const pooled = builder.node('MaxPool', ['input'], {
        kernel_shape: { ints: [stride, stride] },
        strides: { ints: [stride, stride] },
      });
      const turned = builder.node('Transpose', [pooled], { perm: { ints: [0, 2, 3, 1] } });
      const cells = builder.node('Reshape', [turned, builder.ints([1, -1, 3])]);
      const one = builder.node('ReduceMax', [cells], { axes: { ints: [2] }, keepdims: { int: 1 } });
      const scaled = builder.node('Mul', [one, builder.floats('scale', [1], Float32Array.of(1 / 255))]);
      for (const [name, size] of [
        ['cls', 1],
        ['obj', 1],
        ['bbox', 4],
        ['kps', 10],
      ] as const) {
        const zero = builder.floats(`zero_${size}`, [1, 1, size], new Float32Array(size));
        const factor = name === 'cls' || name === 'obj' ? scaled : builder.node('Mul', [scaled, zero]);
        builder.node('Identity', [factor], {}, `${name}_${stride}`);
        shapes[`${name}_${stride}`] = ['N', 'cells', size];
      }
    }
    const session = await openSession(
      builder.build({ name: 'input', dims: [1, 3, 'H', 'W'] }, shapes),
      'stand-in',
    );
    const detector = faceDetector(yuNetLevel(session, uniformFormat('planar-bgr', 0, 1)), {
      minScore: 0.9,
      nmsIou: 0.9,
    });
    const bright = image(75, 50, (x, y) => (x >= 64 && y >= 40 && y < 48 ? 255 : 0));
    for (let again = 0; again < 2; again++) {
      const boxes = (await detector.detect(bright)).map((face) => face.box);
      expect(boxes).toContainEqual([64 - 4, 40 - 4, 8, 8]);
      expect(boxes).toHaveLength(2 + 1 + 1);
    }
    await session.dispose();
  });
});

describe('faceDetector', () => {
  const one = { score: 0.8, points: null, box: [10, 10, 20, 20] as const };

  it('looks at the widths asked for, never larger than the image, largest first', () => {
    const frame = image(100, 50, () => 0);
    expect(levelWidths(frame, {})).toEqual([100]);
    expect(levelWidths(frame, { width: 0, pyramid: [320, 50] })).toEqual([100, 50]);
    expect(levelWidths(frame, { width: 60, pyramid: [60, 40, 40, 80] })).toEqual([60, 40]);
    expect(levelWidths(frame, { width: 4000 })).toEqual([100]);
  });

  it('brings boxes and points back to the image and suppresses across levels', async () => {
    const points = [
      [10, 10],
      [20, 10],
      [15, 15],
      [10, 20],
      [20, 20],
    ] as const;
    const detector = faceDetector(
      async (frame, width) => {
        const k = width / frame.width;
        return [
          {
            score: k,
            box: [40 * k, 20 * k, 30 * k, 30 * k],
            points: points.map(([x, y]) => [x * k, y * k]) as never,
          },
        ];
      },
      { minScore: 0, nmsIou: 0.3 },
    );
    const found = await detector.detect(
      image(200, 100, () => 0),
      { pyramid: [100, 50] },
    );
    expect(found).toEqual([{ score: 1, box: [40, 20, 30, 30], points }]);
  });

  it('leaves out faces below the size asked for, and images too small to hold one', async () => {
    const detector = faceDetector(async () => [one], { minScore: 0.5, nmsIou: 0.3 });
    expect(
      await detector.detect(
        image(64, 64, () => 0),
        { minFacePx: 21 },
      ),
    ).toEqual([]);
    expect(
      await detector.detect(
        image(64, 64, () => 0),
        { minFacePx: 20 },
      ),
    ).toHaveLength(1);
    expect(await detector.detect(image(15, 64, () => 0))).toEqual([]);
  });

  it('stays quick when a picture is nothing but faces', async () => {
    const many = Array.from({ length: 60_000 }, (_, i) => ({
      ...one,
      score: (i % 1000) / 1000,
      box: [i * 30, 0, 20, 20] as const,
    }));
    const detector = faceDetector(async () => many, { minScore: 0, nmsIou: 0.3 });
    expect((await detector.detect(image(64, 64, () => 0))).length).toBeLessThanOrEqual(4000);
  });
});
