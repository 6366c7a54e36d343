import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMOTION_LABELS } from './emotion-classifier.ts';
import { cosine } from './face-embedder.ts';
import { type FaceModels, loadFaceModels } from './face-models.ts';
import { type Box, iou } from './geometry.ts';
import { decodePhoto, padImage, type RgbImage } from './image.ts';
import { installPack } from './install.ts';
import { resizeInto } from './resize.ts';

const FACES = fileURLToPath(new URL('../../shared/data/faces/', import.meta.url));
const there = existsSync(FACES);
if (!there) console.log('Left out: the default pack on real faces: ../shared/data/faces is not there');

/** Mean error that head angles may have between a picture and its mirror image; degrees. */
const MIRROR_TOLERANCE = 8;

describe.skipIf(!there)('the default pack on real faces', () => {
  let models: FaceModels;
  const photos: { person: string; image: RgbImage; box: Box }[] = [];

  beforeAll(async () => {
    const dir = process.env.MODELS_DIR ?? `${homedir()}/.cache/yoklama/models`;
    await installPack({ pack: 'default', dir });
    models = await loadFaceModels({ pack: 'default', dir });
    for (const person of readdirSync(FACES).slice(0, 8)) {
      for (const file of readdirSync(`${FACES}${person}`).slice(0, 2)) {
        const image = padImage(await decodePhoto(readFileSync(`${FACES}${person}/${file}`)), 90);
        const [face] = await models.detector.detect(image, { pyramid: [320, 160] });
        if (face) photos.push({ person, image, box: face.box });
      }
    }
  });

  afterAll(() => models?.dispose());

  it('finds a face in each, and the verifier agrees', async () => {
    expect(photos).toHaveLength(16);
    for (const { image, box } of photos) {
      const [face] = await models.verifier!.verify(image, [box]);
      expect(face!.score).toBeGreaterThan(0.5);
    }
  });

  it('finds the same boxes at every detection width', async () => {
    for (const { image, box } of photos.slice(0, 4)) {
      for (const width of [400, 265, 197]) {
        const [face] = await models.detector.detect(image, { width });
        expect(iou(face!.box, box)).toBeGreaterThan(0.6);
      }
    }
  });

  it('places boxes of all sizes alike round the face', async () => {
    const middle = async (side: number) => {
      let sum = 0;
      for (const [i, { image }] of photos.entries()) {
        const data = new Uint8Array(640 * 360 * 3).fill(110);
        const small = resizeInto(image, side, side, new Uint8Array(side * side * 3));
        const [left, top] = [20 + 17 * i, 10 + 9 * i];
        for (let y = 0; y < side; y++) {
          data.set(small.data.subarray(y * side * 3, (y + 1) * side * 3), ((y + top) * 640 + left) * 3);
        }
        const [face] = await models.detector.detect({ data, width: 640, height: 360 });
        sum += (face!.box[1] + face!.box[3] / 2 - top) / side;
      }
      return sum / photos.length;
    };
    // Faces of about 40 and 85 px: the anchors of strides 16 and 32.
    expect(Math.abs((await middle(80)) - (await middle(150)))).toBeLessThan(0.025);
  });

  it('has five points of landmarks and verifier near each other', async () => {
    for (const { image, box } of photos) {
      const [[landmarks], [face]] = await Promise.all([
        models.landmarks!.locate(image, [box]),
        models.verifier!.verify(image, [box]),
      ]);
      for (const [i, [x, y]] of landmarks!.five.entries()) {
        const [u, v] = face!.points[i]!;
        expect(Math.hypot(x - u, y - v) / box[3]).toBeLessThan(0.12);
      }
    }
  });

  it('gives photos of one person embeddings that are closer than those of others', async () => {
    const vectors: Float32Array[] = [];
    for (const { image, box } of photos) {
      const [landmarks] = await models.landmarks!.locate(image, [box]);
      const [embedding] = await models.embedder.embed(image, [landmarks!.five]);
      expect(embedding!.vector).toHaveLength(models.embeddingLength);
      vectors.push(embedding!.vector);
    }
    for (let i = 0; i < photos.length; i += 2) {
      const same = cosine(vectors[i]!, vectors[i + 1]!);
      const others = vectors
        .filter((_, j) => j !== i && j !== i + 1)
        .map((other) => cosine(vectors[i]!, other));
      expect(same).toBeGreaterThan(Math.max(...others));
    }
  });

  it('gives a batch what it gives one by one', async () => {
    const { image, box } = photos[0]!;
    const [x, y, w, h] = box;
    const boxes = Array.from({ length: 11 }, (_, i): Box => [x + i, y - i, w + i, h]);
    const together = await models.headPose!.estimate(image, boxes);
    for (const [i, one] of boxes.entries()) {
      const [alone] = await models.headPose!.estimate(image, [one]);
      expect(Math.abs(together[i]!.yaw - alone!.yaw)).toBeLessThan(0.01);
    }
  });

  it('turns yaw and roll round when the picture is mirrored', async () => {
    let [yaw, pitch] = [0, 0];
    for (const { image, box } of photos) {
      const [a] = await models.headPose!.estimate(image, [box]);
      const [b] = await models.headPose!.estimate(mirror(image), [
        [image.width - box[0] - box[2], box[1], box[2], box[3]],
      ]);
      yaw += Math.abs(a!.yaw + b!.yaw) / photos.length;
      pitch += Math.abs(a!.pitch - b!.pitch) / photos.length;
    }
    expect(yaw).toBeLessThan(MIRROR_TOLERANCE);
    expect(pitch).toBeLessThan(MIRROR_TOLERANCE);
  });

  it('reads emotions, eyes and liveness as probabilities', async () => {
    const emotion = await models.emotion();
    expect(await models.emotion()).toBe(emotion);
    const { image, box } = photos[0]!;
    const landmarks = await models.landmarks!.locate(image, [box]);
    const [scores] = await emotion!.classify(image, landmarks);
    expect(scores).toHaveLength(EMOTION_LABELS.length);
    expect(scores!.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
    const [eyes] = await models.eyes!.closed(image, landmarks);
    const [live] = await models.liveness!.score(image, [box]);
    for (const value of [eyes!.left, eyes!.right, live!]) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
    }
  });

  it('sees nothing in nothing, and costs nothing for no faces', async () => {
    const grey = { data: new Uint8Array(641 * 363 * 3).fill(120), width: 641, height: 363 };
    expect(await models.detector.detect(grey)).toEqual([]);
    expect(await models.verifier!.verify(grey, [])).toEqual([]);
    expect(await models.embedder.embed(grey, [])).toEqual([]);
    expect(await models.eyes!.closed(grey, [])).toEqual([]);
  });

  it('survives boxes that are empty, huge or far outside', async () => {
    const { image } = photos[0]!;
    const boxes: Box[] = [
      [0, 0, 0, 0],
      [-1e5, -1e5, 10, 10],
      [-1e4, -1e4, 3e4, 3e4],
      [Number.NaN, 0, 10, 10],
    ];
    const landmarks = await models.landmarks!.locate(image, boxes);
    expect(
      await models.embedder.embed(
        image,
        landmarks.map((face) => face.five),
      ),
    ).toHaveLength(4);
    expect(await models.headPose!.estimate(image, boxes)).toHaveLength(4);
    expect(await models.eyes!.closed(image, landmarks)).toHaveLength(4);
    expect(await models.liveness!.score(image, boxes)).toHaveLength(4);
  });
});

function mirror({ data, width, height }: RgbImage): RgbImage {
  const turned = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + width - 1 - x) * 3;
      turned.set(data.subarray(from, from + 3), (y * width + x) * 3);
    }
  }
  return { data: turned, width, height };
}
