import { RECIPES } from './convert/recipes.ts';
import {
  alignedEmotionClassifier,
  cropEmotionClassifier,
  type EmotionClassifier,
} from './emotion-classifier.ts';
import { ModelError } from './errors.ts';
import { type EyeStateClassifier, eyeStateClassifier } from './eye-state.ts';
import { type DetectLevel, type FaceDetector, faceDetector } from './face-detector.ts';
import { alignedEmbedder, type FaceEmbedder } from './face-embedder.ts';
import { type FaceVerifier, onetVerifier } from './face-verifier.ts';
import { type HeadPoseEstimator, hopenetEstimator } from './head-pose.ts';
import type { PixelFormat } from './image.ts';
import { type LandmarkLocator, landmarkLocator } from './landmarks.ts';
import { type LivenessScorer, livenessScorer } from './liveness.ts';
import {
  type Calibration,
  type ModelEntry,
  type ModelPack,
  type ModelRole,
  resolvePack,
} from './manifest.ts';
import { readModel } from './model-files.ts';
import { type ModelSession, openSession } from './runtime.ts';
import { ultraFaceLevel } from './ultraface.ts';
import { yuNetLevel } from './yunet.ts';

/** The networks of one pack, open and ready. What a pack does not offer is null. */
export interface FaceModels {
  readonly pack: string;
  /** Identifies the embedding space: embeddings of different spaces are never compared. */
  readonly embeddingModel: string;
  readonly embeddingLength: number;
  readonly calibration: Calibration;
  readonly detector: FaceDetector;
  readonly verifier: FaceVerifier | null;
  readonly landmarks: LandmarkLocator | null;
  readonly embedder: FaceEmbedder;
  readonly headPose: HeadPoseEstimator | null;
  readonly eyes: EyeStateClassifier | null;
  readonly liveness: LivenessScorer | null;
  /** Opened by the first call: where a policy forbids it nobody calls, and the network is never in memory. */
  emotion(): Promise<EmotionClassifier | null>;
  dispose(): Promise<void>;
}

export interface LoadOptions {
  /** Name of a built-in pack or path of a manifest: see `resolvePack`. */
  pack: string;
  /** Where `installPack` put the files. */
  dir: string;
  /** Threads inside one operator, for every network. Default 1: workers, not threads, use the cores. */
  threads?: number;
}

/** A network and what the manifest says of it. */
interface Loaded {
  readonly entry: ModelEntry;
  readonly session: ModelSession;
}

/** Opens a pack's networks. Throws a ModelError whose message says which file is wrong and what to do. */
export async function loadFaceModels(options: LoadOptions): Promise<FaceModels> {
  const pack = resolvePack(options.pack);
  const open: ModelSession[] = [];

  async function load(role: ModelRole): Promise<Loaded | null> {
    const entry = pack.models[role];
    if (!entry) return null;
    const bytes = await readModel(options.dir, pack, role, entry);
    const edited = entry.onOpen ? RECIPES[entry.onOpen]([bytes]) : bytes;
    const session = await openSession(edited, `The ${role} model of pack "${pack.name}"`, {
      threads: options.threads ?? 1,
    });
    open.push(session);
    const absent = Object.values(entry.outputs).filter((name) => !session.outputs.includes(name));
    if (absent.length === 0) return { entry, session };
    throw unusable(
      role,
      pack,
      `has no output called ${absent.join(', ')}, only ${session.outputs.join(', ')}`,
    );
  }

  async function optional<T>(
    role: ModelRole,
    kinds: Record<string, (loaded: Loaded) => T>,
  ): Promise<T | null> {
    const loaded = await load(role);
    if (!loaded) return null;
    const create = kinds[loaded.entry.kind];
    if (create) return create(loaded);
    throw unusable(role, pack, `is of kind "${loaded.entry.kind}"; known: ${Object.keys(kinds).join(', ')}`);
  }

  async function dispose(): Promise<void> {
    await Promise.all(open.splice(0).map((session) => session.dispose()));
  }

  let emotion: Promise<EmotionClassifier | null> | undefined;
  try {
    const level = await optional<DetectLevel>('detector', {
      ultraface: ({ entry, session }) =>
        ultraFaceLevel(session, { scores: output(entry, 'scores'), locations: output(entry, 'locations') }),
      yunet: ({ entry, session }) => yuNetLevel(session, planar(entry)),
    });
    const embedder = await optional<FaceEmbedder>('embedder', {
      'aligned-embedding': (model) =>
        alignedEmbedder(crops(model), { embedding: output(model.entry, 'embedding') }),
    });
    return {
      pack: pack.name,
      embeddingModel: pack.embeddingModel,
      embeddingLength: pack.embeddingLength,
      calibration: pack.calibration,
      // Both are required by the manifest's schema.
      detector: faceDetector(level!, pack.calibration.detector),
      embedder: embedder!,
      verifier: await optional<FaceVerifier>('verifier', {
        'mtcnn-onet': (model) =>
          onetVerifier(crops(model), {
            scores: output(model.entry, 'scores'),
            points: output(model.entry, 'points'),
          }),
      }),
      landmarks: await optional<LandmarkLocator>('landmarks', {
        'landmarks-68': (model) => landmarkLocator(crops(model), { points: output(model.entry, 'points') }),
      }),
      headPose: await optional<HeadPoseEstimator>('headPose', {
        hopenet: (model) =>
          hopenetEstimator(crops(model), {
            yaw: output(model.entry, 'yaw'),
            pitch: output(model.entry, 'pitch'),
            roll: output(model.entry, 'roll'),
          }),
      }),
      eyes: await optional<EyeStateClassifier>('eyes', {
        'eye-state': (model) => eyeStateClassifier(crops(model), { logits: output(model.entry, 'logits') }),
      }),
      liveness: await optional<LivenessScorer>('liveness', {
        liveness: (model) =>
          livenessScorer(crops(model), { logits: output(model.entry, 'logits') }, model.entry.liveIndex ?? 0),
      }),
      emotion() {
        emotion ??= optional<EmotionClassifier>('emotion', {
          'emotion-crop': (m) =>
            cropEmotionClassifier(crops(m), { logits: output(m.entry, 'logits') }, m.entry.labels ?? []),
          'emotion-aligned': (m) =>
            alignedEmotionClassifier(crops(m), { logits: output(m.entry, 'logits') }, m.entry.labels ?? []),
        });
        return emotion;
      },
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function unusable(role: ModelRole, pack: ModelPack, problem: string): ModelError {
  return new ModelError('model-unusable', `The ${role} model of pack "${pack.name}" ${problem}.`);
}

function output(entry: ModelEntry, name: string): string {
  const found = entry.outputs[name];
  if (found !== undefined) return found;
  throw new ModelError(
    'model-manifest-invalid',
    `A model of kind "${entry.kind}" needs its output "${name}" named.`,
  );
}

function formatOf({ input }: ModelEntry): PixelFormat {
  const [r = 0, g = 0, b = 0] = input.mean;
  const [dr = 1, dg = 1, db = 1] = input.divisor;
  return { layout: input.layout, mean: [r, g, b], scale: [1 / dr, 1 / dg, 1 / db] };
}

function planar(entry: ModelEntry): PixelFormat {
  const format = formatOf(entry);
  const { layout } = format;
  if (layout === 'planar-rgb' || layout === 'planar-bgr') return format;
  throw new ModelError(
    'model-manifest-invalid',
    `A model of kind "${entry.kind}" takes planar pictures, not ${layout}.`,
  );
}

function crops({ entry, session }: Loaded) {
  const { width, height } = entry.input;
  if (width === undefined || height === undefined) {
    throw new ModelError(
      'model-manifest-invalid',
      `A model of kind "${entry.kind}" needs its input's width and height.`,
    );
  }
  return { session, width, height, format: formatOf(entry) };
}
