import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cosine, type Embedding } from '../../models/face-embedder.ts';
import { type FaceModels, loadFaceModels } from '../../models/face-models.ts';
import { decodePhoto, padImage, type RgbImage } from '../../models/image.ts';
import { installPack } from '../../models/install.ts';
import { thresholdAt } from '../../models/manifest.ts';
import { resizeInto } from '../../models/resize.ts';

/**
 * Verification in the manner of Labeled Faces in the Wild: all pairs of photos of one person against pairs of different
 * people, each photo found, checked, aligned and embedded as the pipeline does it.
 */
const FACES = fileURLToPath(new URL('../../../shared/data/faces/', import.meta.url));
const there = existsSync(FACES);
if (!there) console.log('Left out: face verification: ../shared/data/faces is not there');

const PHOTOS_EACH = 5;
/** Width that a probe's face is reduced to: the students in the last row. */
const SMALL_FACE = 32;

interface Sample {
  person: string;
  embedding: Embedding;
  small: Embedding | null;
}

describe.skipIf(!there)('verification of faces', () => {
  let models: FaceModels;
  const samples: Sample[] = [];
  let photos = 0;

  beforeAll(async () => {
    const dir = process.env.MODELS_DIR ?? `${homedir()}/.cache/yoklama/models`;
    await installPack({ pack: 'default', dir });
    models = await loadFaceModels({ pack: 'default', dir });
    for (const person of readdirSync(FACES)) {
      for (const file of readdirSync(`${FACES}${person}`).slice(0, PHOTOS_EACH)) {
        photos++;
        const photo = await decodePhoto(readFileSync(`${FACES}${person}/${file}`));
        // These photos are tight crops: without a margin the detector has nothing to see a face against.
        const embedding = await embedLargest(padImage(photo, 90), [320, 160]);
        if (embedding)
          samples.push({
            person,
            embedding: embedding.embedding,
            small: await embedSmall(photo, embedding.width),
          });
      }
    }
  }, 600_000);

  afterAll(() => models?.dispose());

  async function embedLargest(image: RgbImage, pyramid: number[]) {
    const found = await models.detector.detect(image, { pyramid });
    const verified = await models.verifier!.verify(
      image,
      found.map((face) => face.box),
    );
    const faces = found.filter((_, i) => verified[i]!.score >= models.calibration.verifier!.minScore);
    const [largest] = faces.sort((a, b) => b.box[2] * b.box[3] - a.box[2] * a.box[3]);
    if (!largest) return null;
    const landmarks = await models.landmarks!.locate(image, [largest.box]);
    const [embedding] = await models.embedder.embed(image, [landmarks[0]!.five]);
    return { embedding: embedding!, width: largest.box[2] };
  }

  async function embedSmall(photo: RgbImage, faceWidth: number) {
    const side = Math.round((photo.width * SMALL_FACE) / faceWidth);
    const small = resizeInto(photo, side, side, new Uint8Array(side * side * 3));
    return (await embedLargest(padImage(small, 32, 110), []))?.embedding ?? null;
  }

  function scores(probe: (sample: Sample) => Embedding | null) {
    const genuine: number[] = [];
    const impostor: number[] = [];
    for (const [i, a] of samples.entries()) {
      for (const b of samples.slice(i + 1)) {
        const embedding = probe(b);
        if (!embedding) continue;
        (a.person === b.person ? genuine : impostor).push(cosine(a.embedding.vector, embedding.vector));
      }
    }
    return { genuine, impostor: impostor.sort((x, y) => y - x) };
  }

  const share = (values: number[], threshold: number) =>
    values.filter((value) => value >= threshold).length / Math.max(1, values.length);

  function report(name: string, { genuine, impostor }: { genuine: number[]; impostor: number[] }) {
    const at = (far: number) => impostor[Math.floor(impostor.length * far)]!;
    const lines = [1e-2, 1e-3, 1e-4].map((far) => {
      const threshold = thresholdAt(models.calibration, far);
      return `FAR ${far}: TAR ${(100 * share(genuine, at(far))).toFixed(1)}% at ${at(far).toFixed(3)}; pack's threshold ${threshold.toFixed(3)} gives TAR ${(100 * share(genuine, threshold)).toFixed(1)}%, FAR ${share(impostor, threshold).toExponential(1)}`;
    });
    console.log(
      `${name}: ${genuine.length} genuine and ${impostor.length} impostor pairs\n  ${lines.join('\n  ')}`,
    );
  }

  it('finds the face in nearly every photo', () => {
    console.log(
      `faces found: ${samples.length} of ${photos}; at ${SMALL_FACE} px: ${samples.filter((s) => s.small).length}`,
    );
    expect(samples.length / photos).toBeGreaterThan(0.98);
    // A tight crop on flat grey is harder to see than a head above shoulders.
    expect(samples.filter((sample) => sample.small).length / photos).toBeGreaterThan(0.85);
  });

  it('tells people apart at the pack’s thresholds, photo against photo', () => {
    const pairs = scores((sample) => sample.embedding);
    report('full size', pairs);
    expect(share(pairs.genuine, thresholdAt(models.calibration, 1e-3))).toBeGreaterThan(0.95);
    expect(share(pairs.genuine, thresholdAt(models.calibration, 1e-4))).toBeGreaterThan(0.9);
    expect(share(pairs.impostor, thresholdAt(models.calibration, 1e-3))).toBeLessThan(3e-3);
    expect(share(pairs.impostor, thresholdAt(models.calibration, 1e-4))).toBeLessThan(5e-4);
  });

  it(`tells people apart when the probe’s face is ${SMALL_FACE} px wide`, () => {
    const pairs = scores((sample) => sample.small);
    report(`${SMALL_FACE} px`, pairs);
    expect(share(pairs.genuine, thresholdAt(models.calibration, 1e-3))).toBeGreaterThan(0.85);
    expect(share(pairs.impostor, thresholdAt(models.calibration, 1e-3))).toBeLessThan(3e-3);
  });

  it('gives shorter embeddings to what is no face', async () => {
    const norms = samples.map((sample) => sample.embedding.norm).sort((a, b) => a - b);
    const { noFace, face } = models.calibration.embeddingNorm!;
    expect(norms[Math.floor(norms.length / 20)]!).toBeGreaterThan(noFace);
    expect(norms[Math.floor(norms.length / 2)]!).toBeGreaterThan(face);
  });
});
