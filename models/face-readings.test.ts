import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OnnxBuilder } from './convert/onnx-builder.ts';
import { noise } from './convert/plain-network.ts';
import { alignedEmotionClassifier, cropEmotionClassifier, EMOTION_LABELS } from './emotion-classifier.ts';
import { eyeSquare } from './eye-state.ts';
import { ALIGNED_FACE, alignedEmbedder, cosine, normalise, writeAligned } from './face-embedder.ts';
import { onetVerifier } from './face-verifier.ts';
import { binAngle } from './head-pose.ts';
import { uniformFormat } from './image.ts';
import { fiveOf, landmarkLocator } from './landmarks.ts';
import { contextBox } from './liveness.ts';
import { openSession } from './runtime.ts';
import { echo, image } from './test-network.ts';

describe('onetVerifier', () => {
  it('shows the network the square with x and y swapped, and reads points as fractions of it', async () => {
    const network = await echo(48, 48, uniformFormat('interleaved-rgb', 0, 1), ['scores', 'points']);
    const verifier = onetVerifier(network, { scores: 'scores', points: 'points' });
    // Red grows to the right by 2 a pixel; value 1 of the picture is its green, value k its points' coordinates.
    const ramp = image(100, 100, (x, y, c) => (c === 0 ? x * 2 : c === 1 ? y * 2 : 0));
    const [face] = await verifier.verify(ramp, [[10, 20, 48, 48]]);
    // First pixel is (10, 20): red 20, green 40. The next in memory is one *below* it: red 20, green 42.
    expect(face!.score).toBe(40);
    expect(face!.points[0]).toEqual([10 + 20 * 48, 20 + 0 * 48]); // v[0] = 20, v[5] = blue of the second pixel
    expect(face!.points[3]).toEqual([10 + 20 * 48, 20 + 0 * 48]); // v[3] = red of the second pixel = 20
    expect(face!.points[4]![0]).toBe(10 + 42 * 48); // v[4] = green of the second pixel
    await network.session.dispose();
  });
});

describe('landmarks', () => {
  it('are fractions of a square as high as the box, round its centre', async () => {
    const network = await echo(2, 1, uniformFormat('grey', 0, 255), ['points']);
    const locator = landmarkLocator(network, { points: 'points' });
    const white = image(200, 200, () => 255);
    const [found] = await locator.locate(white, [[50, 60, 20, 40]]);
    expect(found!.points[0]).toBeCloseTo(40 + 40, 3);
    expect(found!.points[1]).toBeCloseTo(60 + 40, 3);
    await network.session.dispose();
  });

  it('make five points of the lids, the nose tip and both lips', () => {
    const points = Float32Array.from({ length: 136 }, (_, i) => (i % 2 ? 1000 : 0) + Math.floor(i / 2));
    const five = fiveOf(points).map(([x, y]) => [Math.round(x * 10) / 10, Math.round(y * 10) / 10]);
    expect(five).toEqual([
      [39, 1039],
      [45, 1045],
      [30, 1030],
      [54, 1054],
      [59, 1059],
    ]);
  });
});

describe('embeddings', () => {
  it('come from the face turned upright, wherever and however large it is', async () => {
    const network = await echo(112, 112, uniformFormat('planar-rgb', 0, 1), ['embedding']);
    const embedder = alignedEmbedder(network, { embedding: 'embedding' });
    const face = image(112, 112, (x, y, c) => ((x * 2 + y + c * 30) % 200) + 20);
    const flat = await embedder.embed(face, [ALIGNED_FACE]);
    // The same picture turned by a quarter: x' = 111 − y, y' = x.
    const turned = image(112, 112, (x, y, c) => face.data[((111 - x) * 112 + y) * 3 + c]!);
    const points = ALIGNED_FACE.map(([x, y]) => [111 - y, x]) as never;
    const [upright] = await embedder.embed(turned, [points]);
    expect(cosine(flat[0]!.vector, upright!.vector)).toBeGreaterThan(0.999);
    await network.session.dispose();
  });

  it('of points that coincide are zeros that match nobody', async () => {
    const network = await echo(112, 112, uniformFormat('planar-rgb', 0, 1), ['embedding']);
    const same = [
      [5, 5],
      [5, 5],
      [5, 5],
      [5, 5],
      [5, 5],
    ] as const;
    const [found] = await alignedEmbedder(network, { embedding: 'embedding' }).embed(
      image(20, 20, () => 200),
      [same],
    );
    expect(found!.norm).toBe(0);
    expect(cosine(found!.vector, found!.vector)).toBe(0);
    await network.session.dispose();
  });

  it('have unit length and remember the one they had', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 64 }),
        (values) => {
          const { vector, norm } = normalise(Float32Array.from(values));
          fc.pre(norm > 1e-3);
          expect(cosine(vector, vector)).toBeCloseTo(1, 4);
          for (const [i, value] of values.entries()) expect(vector[i]! * norm).toBeCloseTo(value, 2);
        },
      ),
    );
    expect(normalise(Float32Array.of(Number.NaN, 1)).norm).toBe(0);
  });

  it('are aligned so that the five points land on the template', () => {
    const data = new Float32Array(3 * 112 * 112);
    const slot = { data, offset: 0, width: 112, height: 112, format: uniformFormat('planar-rgb', 0, 1) };
    const five = ALIGNED_FACE.map(([x, y]) => [x * 2 + 31, y * 2 + 17]) as never;
    const ramp = image(300, 300, (x, y, c) => (c === 0 ? x / 2 : y / 2));
    writeAligned(ramp, five, slot);
    // Pixel (60, 70) of the template is (151, 157) of the image; a block of two pixels is averaged.
    expect(data[70 * 112 + 60]).toBeGreaterThan(74.5);
    expect(data[70 * 112 + 60]).toBeLessThan(76.5);
    expect(data[112 * 112 + 70 * 112 + 60]).toBeGreaterThan(77.5);
    expect(data[112 * 112 + 70 * 112 + 60]).toBeLessThan(79.5);
  });
});

describe('emotion classifiers', () => {
  it('put scores into the order of EMOTION_LABELS, whatever the network’s own', async () => {
    const builder = new OnnxBuilder();
    const flat = builder.node('ReduceMean', ['input'], { axes: { ints: [1, 2, 3] }, keepdims: { int: 0 } });
    const column = builder.node('Reshape', [flat, builder.ints([-1, 1])]);
    const zero = builder.node('Mul', [column, builder.floats('zero', [1, 7], new Float32Array(7))]);
    builder.node(
      'Add',
      [zero, builder.floats('logits', [1, 7], Float32Array.of(0, 1, 2, 3, 4, 5, 6))],
      {},
      'label',
    );
    const file = builder.build({ name: 'input', dims: ['N', 3, 8, 8] }, { label: ['N', 7] });
    const network = {
      session: await openSession(file, 'emotion'),
      width: 8,
      height: 8,
      format: uniformFormat('planar-rgb', 0, 1),
    };
    const order = ['angry', 'disgusted', 'fearful', 'happy', 'neutral', 'sad', 'surprised'] as const;
    const aligned = alignedEmotionClassifier(network, { logits: 'label' }, order);
    const [scores] = await aligned.classify(
      image(20, 20, () => 9),
      [{ five: ALIGNED_FACE }],
    );
    const ranked = [...EMOTION_LABELS].sort(
      (a, b) => scores![EMOTION_LABELS.indexOf(b)]! - scores![EMOTION_LABELS.indexOf(a)]!,
    );
    expect(ranked).toEqual([...order].toReversed());
    const crop = cropEmotionClassifier(network, { logits: 'label' }, order);
    await expect(
      crop.classify(
        image(20, 20, () => 9),
        [{ five: ALIGNED_FACE }],
      ),
    ).rejects.toThrow(/68 landmarks/);
    await network.session.dispose();
  });
});

describe('small geometry of the readings', () => {
  it('head angles are the expectation over bins of three degrees', () => {
    const sharp = new Float32Array(66);
    sharp[43] = 100;
    expect(binAngle(sharp)).toBeCloseTo(43 * 3 - 99, 3);
    expect(binAngle(noise(66, 1).fill(0))).toBeCloseTo(-1.5, 3);
  });

  it('eye squares follow the eye, also one that is tilted', () => {
    const points = new Float32Array(136);
    const eye = [
      [0, 0],
      [1, -1],
      [2, -1],
      [3, 4],
      [2, 5],
      [1, 5],
    ];
    for (const [i, [x, y]] of eye.entries()) points.set([x! + 50, y! + 70], 2 * (36 + i));
    const [x, y, w, h] = eyeSquare(points, 36);
    expect(w).toBeCloseTo(1.6 * 5, 6);
    expect([x + w / 2, y + h / 2, h]).toEqual([51.5, 72, w]);
  });

  it('the context of a face stays inside the image and keeps its shape', () => {
    const side = fc.double({ min: 1, max: 700, noNaN: true });
    fc.assert(
      fc.property(
        fc.double({ min: -50, max: 700, noNaN: true }),
        fc.double({ min: -50, max: 500, noNaN: true }),
        side,
        side,
        (x, y, w, h) => {
          const [left, top, width, height] = contextBox([x, y, w, h], 640, 480);
          expect(left).toBeGreaterThanOrEqual(0);
          expect(top).toBeGreaterThanOrEqual(0);
          expect(left + width).toBeLessThanOrEqual(640);
          expect(top + height).toBeLessThanOrEqual(480);
          expect(width / height).toBeCloseTo(w / h, 6);
        },
      ),
    );
  });
});
