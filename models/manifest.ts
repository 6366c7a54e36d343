import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { SOURCES_OF } from './convert/recipes.ts';
import { EMOTION_LABELS } from './emotion-classifier.ts';
import { ModelError } from './errors.ts';

const closed = { additionalProperties: false } as const;
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Bytes = Type.Integer({ minimum: 1 });
const Score = Type.Number({ minimum: 0, maximum: 1 });
const Three = Type.Array(Type.Number(), { minItems: 3, maxItems: 3 });

/** Where bytes come from: a file inside an npm package, an address, or a path beside a user's own manifest. */
const Source = Type.Union([
  Type.Object({ npm: Type.String(), path: Type.String(), bytes: Bytes, sha256: Sha256 }, closed),
  Type.Object({ url: Type.String({ pattern: '^https?://' }), bytes: Bytes, sha256: Sha256 }, closed),
  Type.Object({ file: Type.String(), bytes: Bytes, sha256: Sha256 }, closed),
]);

const Recipe = Type.Enum(Object.keys(SOURCES_OF) as (keyof typeof SOURCES_OF)[]);

const Entry = Type.Object(
  {
    /** Which wrapper understands the file. */
    kind: Type.String(),
    summary: Type.String(),
    sources: Type.Array(Source, { minItems: 1, maxItems: 2 }),
    recipe: Recipe,
    /** Of the prepared file. May be left out where the recipe is `copy`: then they are the source's. */
    bytes: Type.Optional(Bytes),
    sha256: Type.Optional(Sha256),
    /** An edit of the graph in memory each time the file is opened. */
    onOpen: Type.Optional(Type.Enum(['free-batch', 'free-frame'])),
    input: Type.Object(
      {
        layout: Type.Enum(['planar-rgb', 'planar-bgr', 'interleaved-rgb', 'grey']),
        /** Pixels; absent where the network takes frames of any size. */
        width: Type.Optional(Type.Integer({ minimum: 1, maximum: 4096 })),
        height: Type.Optional(Type.Integer({ minimum: 1, maximum: 4096 })),
        /** Values become (pixel − mean) / divisor, pixels from 0 to 255; red, green, blue. */
        mean: Three,
        divisor: Three,
      },
      closed,
    ),
    /** Names of the network's outputs by what the wrapper calls them. */
    outputs: Type.Record(Type.String(), Type.String()),
    labels: Type.Optional(Type.Array(Type.Enum([...EMOTION_LABELS]))),
    liveIndex: Type.Optional(Type.Integer({ minimum: 0 })),
    licence: Type.String(),
    provenance: Type.String(),
  },
  closed,
);

const Calibration = Type.Object(
  {
    /** How the numbers below were obtained. */
    basis: Type.String(),
    /** Cosine at which one comparison of two strangers passes at this rate. */
    cosineAtFar: Type.Array(
      Type.Object(
        {
          far: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
          threshold: Type.Number({ minimum: -1, maximum: 1 }),
        },
        closed,
      ),
      { minItems: 1 },
    ),
    /** Faces with a shorter side below this give embeddings that are not worth comparing. */
    minFacePx: Type.Number({ minimum: 0 }),
    detector: Type.Object({ minScore: Score, nmsIou: Score }, closed),
    verifier: Type.Union([Type.Object({ minScore: Score }, closed), Type.Null()]),
    /** Embedding lengths before normalising that are typical of no face and of a good one. */
    embeddingNorm: Type.Union([
      Type.Object({ noFace: Type.Number(), face: Type.Number() }, closed),
      Type.Null(),
    ]),
    /** Shorter face side in pixels from which the other readings mean something. */
    minReadingPx: Type.Object(
      { eyes: Type.Number(), headPose: Type.Number(), emotion: Type.Number() },
      closed,
    ),
  },
  closed,
);

const Pack = Type.Object(
  {
    title: Type.String(),
    note: Type.String(),
    /** Identifies the embedding space: embeddings of different spaces are never compared. */
    embeddingModel: Type.String({ minLength: 1 }),
    embeddingLength: Type.Integer({ minimum: 1 }),
    calibration: Calibration,
    packages: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object({ integrity: Type.String(), bytes: Bytes, licence: Type.String() }, closed),
      ),
    ),
    models: Type.Object(
      {
        detector: Entry,
        verifier: Type.Optional(Entry),
        landmarks: Type.Optional(Entry),
        embedder: Entry,
        headPose: Type.Optional(Entry),
        eyes: Type.Optional(Entry),
        emotion: Type.Optional(Entry),
        liveness: Type.Optional(Entry),
      },
      closed,
    ),
  },
  closed,
);

const Manifest = Type.Object(
  {
    version: Type.Literal(1),
    packs: Type.Record(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$' }), Pack),
  },
  closed,
);

export type ModelRole = keyof Static<typeof Pack>['models'];
export type ModelSource = Static<typeof Source>;
export type Calibration = Static<typeof Calibration>;
export type ModelEntry = Static<typeof Entry> & { bytes: number; sha256: string };

export interface ModelPack extends Omit<Static<typeof Pack>, 'models'> {
  readonly name: string;
  /** Folder that `file` sources are relative to. */
  readonly base: string;
  readonly models: Partial<Record<ModelRole, ModelEntry>> & { detector: ModelEntry; embedder: ModelEntry };
}

const BUILT_IN = fileURLToPath(new URL('./manifest.json', import.meta.url));

/** Names of the packs that come with yoklama. */
export function builtInPacks(): string[] {
  return Object.keys(readManifest(BUILT_IN).packs);
}

/**
 * Finds a pack by what the configuration calls it: the name of a built-in one, or the path of a manifest of one's own
 * (`/etc/yoklama/models.json`, with `#name` where it holds several packs). Throws a ModelError.
 */
export function resolvePack(spec: string): ModelPack {
  const [path = '', wanted] = spec.split('#', 2);
  const own = path.includes('/') || path.includes('\\') || path.endsWith('.json');
  const manifestPath = own ? resolve(path) : BUILT_IN;
  const { packs } = readManifest(manifestPath);
  const names = Object.keys(packs);
  const name = own ? (wanted ?? names[0] ?? '') : path;
  const pack = packs[name];
  if (!pack || (own && wanted === undefined && names.length !== 1)) {
    const hint = own
      ? `Add #NAME to the path: it has ${names.join(', ')}`
      : `Known packs: ${names.join(', ')}`;
    throw new ModelError('model-pack-unknown', `There is no one model pack called "${spec}". ${hint}.`);
  }
  const models = Object.fromEntries(
    Object.entries(pack.models).map(([role, entry]) => [
      role,
      completed(entry, `${manifestPath}: ${name}.${role}`),
    ]),
  ) as ModelPack['models'];
  return { ...pack, name, base: dirname(manifestPath), models };
}

function readManifest(path: string): Static<typeof Manifest> {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ModelError(
      'model-manifest-invalid',
      `${path} cannot be read as JSON: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (Value.Check(Manifest, json)) return json;
  const problems = Value.Errors(Manifest, json).slice(0, 5);
  const text = problems.map(({ instancePath, message }) => `${instancePath || '/'} ${message}`).join('; ');
  throw new ModelError('model-manifest-invalid', `${path} is not a model manifest: ${text}`);
}

function completed(entry: Static<typeof Entry>, where: string): ModelEntry {
  const source = entry.sources[0]!;
  const expected = SOURCES_OF[entry.recipe];
  if (entry.sources.length !== expected) {
    throw new ModelError(
      'model-manifest-invalid',
      `${where}: recipe ${entry.recipe} takes ${expected} source(s)`,
    );
  }
  const copied = entry.recipe === 'copy' ? source : undefined;
  const bytes = entry.bytes ?? copied?.bytes;
  const sha256 = entry.sha256 ?? copied?.sha256;
  if (bytes === undefined || sha256 === undefined) {
    throw new ModelError(
      'model-manifest-invalid',
      `${where}: bytes and sha256 of the prepared file are missing`,
    );
  }
  return { ...entry, bytes, sha256 };
}

/** Absolute path of a `file` source. */
export function sourcePath(pack: ModelPack, file: string): string {
  return isAbsolute(file) ? file : resolve(pack.base, file);
}

/**
 * The cosine at which one comparison of two different people passes at this rate: linear in log10(rate) between
 * the calibrated points and beyond them, because the tail of impostor scores falls about exponentially.
 */
export function thresholdAt(calibration: Pick<Calibration, 'cosineAtFar'>, far: number): number {
  if (!(far > 0 && far <= 1))
    throw new RangeError(`A false-accept rate lies above 0 and up to 1, not ${far}`);
  const points = calibration.cosineAtFar
    .map(({ far: rate, threshold }) => ({ x: Math.log10(rate), threshold }))
    .sort((a, b) => a.x - b.x);
  const first = points[0];
  if (!first || points.length === 1) return first?.threshold ?? 1;
  const x = Math.log10(far);
  let upper = points.findIndex((point) => point.x >= x);
  if (upper < 0) upper = points.length - 1;
  upper = Math.max(1, upper);
  const a = points[upper - 1]!;
  const b = points[upper]!;
  const value = a.threshold + ((x - a.x) / (b.x - a.x)) * (b.threshold - a.threshold);
  return Math.min(1, Math.max(-1, value));
}
