import { randomUUID } from 'node:crypto';
import { asc, sql } from 'drizzle-orm';
import {
  type CryptoKey,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importJWK,
  importPKCS8,
  type JWK,
} from 'jose';
import type { Logger } from 'pino';
import type { Clock } from '../../context.ts';
import type { Crypto } from '../../crypto.ts';
import type { Database } from '../../db/client.ts';
import { signingKeys } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';

/**
 * The keys that access tokens are signed with: Ed25519, in the database, so that all servers share them. Each signs for
 * `periodMs`; its successor is published `leadMs` before it signs, and it verifies until the last token that it signed
 * has expired. Keys are made when they are needed, under a lock, so that several servers make one.
 */
export interface SigningKeys {
  current(): Promise<{ kid: string; key: CryptoKey }>;
  /** The public key, or null where there is none of that name that is still good. */
  find(kid: string): Promise<CryptoKey | null>;
  /** All that a token may be signed with, now or soon: RFC 7517. */
  published(): Promise<{ keys: JWK[] }>;
  /** Counts up whenever the set of keys was read again: what was verified with a key that is gone is no longer good. */
  generation(): number;
}

export const SIGNING_ALGORITHM = 'EdDSA';
/** Who verifies tokens elsewhere may keep the key set for this long. */
export const JWKS_MAX_AGE_SECONDS = 300;

const LOCK = 7_209_657;
const DAY_MS = 86_400_000;
/** Keys of other servers are seen after this time at the latest, their withdrawal as well. */
const FRESH_MS = 60_000;
/** An unknown `kid` reads the keys again, at most this often: a flood of made-up names is no flood of queries. */
const MISS_MS = 2_000;

type Row = typeof signingKeys.$inferSelect;
interface Held {
  row: Row;
  publicKey: CryptoKey;
}

export function createSigningKeys(options: {
  db: Pick<Database, 'system'>;
  crypto: Crypto;
  clock: Clock;
  log: Logger;
  /** Seconds that a token lives. */
  lifetime: number;
  periodMs: number;
}): SigningKeys {
  const { db, clock, log } = options;
  const { periodMs } = options;
  const leadMs = Math.min(DAY_MS, periodMs / 2);
  const lifetimeMs = options.lifetime * 1000;
  const sealer = options.crypto.sealer('signing-keys');
  let held: Held[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let generation = 0;
  let reading: Promise<void> | null = null;
  const privateKeys = new Map<string, CryptoKey | null>();

  /** Clock time decides about keys, elapsed time about reading them again: a clock set back stops neither. */
  async function load(maxAgeMs: number): Promise<void> {
    if (performance.now() - readAt < maxAgeMs) return;
    reading ??= db
      .system(rowsOf)
      .then(read)
      .finally(() => {
        reading = null;
      });
    // Tokens can still be verified while the database is away.
    await reading.catch((error: unknown) => {
      if (held.length === 0) throw error;
    });
  }

  async function read(rows: Row[]): Promise<void> {
    const known = new Map(held.map((one) => [one.row.id, one]));
    held = await Promise.all(
      rows.map(async (row) => ({
        row,
        publicKey: known.get(row.id)?.publicKey ?? (await importPublic(row)),
      })),
    );
    const changed = rows.length !== known.size || rows.some((row) => !known.has(row.id));
    if (changed) generation++;
    readAt = performance.now();
  }

  const signerAt = (rows: Row[], now: number): Row | null =>
    rows
      .filter((row) => row.activeFrom.getTime() <= now && row.retiresAt.getTime() >= now + lifetimeMs)
      .at(-1) ?? null;

  /** When the next key has to be there: a lead before the present one's period is over. */
  const dueAt = (rows: Row[]): number => (rows.at(-1)?.activeFrom.getTime() ?? 0) + periodMs - leadMs;

  async function privateKeyOf(row: Row): Promise<CryptoKey | null> {
    const known = privateKeys.get(row.id);
    if (known !== undefined) return known;
    let key: CryptoKey | null = null;
    try {
      key = await importPKCS8(
        sealer.open(`signing-key:${row.id}`, row.privateKey).toString(),
        SIGNING_ALGORITHM,
      );
    } catch (error) {
      log.warn(
        { err: error, kid: row.id },
        'a signing key cannot be opened with this master key; another is made',
      );
    }
    privateKeys.set(row.id, key);
    return key;
  }

  /** Makes the key that is missing; another server may have made it by the time that the lock is held. */
  async function rotate(unusable: ReadonlySet<string>): Promise<void> {
    const rows = await db.system(async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`);
      const now = clock.now();
      const before = await rowsOf(tx);
      const usable = before.filter((row) => !unusable.has(row.id));
      const signer = signerAt(usable, now);
      if (signer && usable.at(-1) !== signer) return before;
      if (signer && dueAt(usable) > now) return before;
      // A key that nobody has read yet must not sign, unless there is no other.
      const activeFrom = signer
        ? Math.max(signer.activeFrom.getTime() + periodMs, now + JWKS_MAX_AGE_SECONDS * 1000)
        : now;
      await tx.insert(signingKeys).values(await makeKey(activeFrom));
      await tx.execute(
        sql`delete from signing_keys where retires_at < ${new Date(now - DAY_MS).toISOString()}::timestamptz`,
      );
      return rowsOf(tx);
    });
    await read(rows);
  }

  async function makeKey(activeFrom: number): Promise<Row> {
    const id = randomUUID();
    const pair = await generateKeyPair(SIGNING_ALGORITHM, { crv: 'Ed25519', extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    log.info({ kid: id, activeFrom: new Date(activeFrom) }, 'a signing key was made');
    return {
      id,
      algorithm: SIGNING_ALGORITHM,
      publicJwk: { ...jwk, kid: id, alg: SIGNING_ALGORITHM, use: 'sig' },
      privateKey: sealer.seal(`signing-key:${id}`, Buffer.from(await exportPKCS8(pair.privateKey))),
      activeFrom: new Date(activeFrom),
      // The successor may be late by a lead where nobody signed in meanwhile.
      retiresAt: new Date(activeFrom + periodMs + leadMs + lifetimeMs),
      createdAt: new Date(clock.now()),
    };
  }

  return {
    async current() {
      await load(FRESH_MS);
      const unusable = new Set<string>();
      for (let attempt = 0; attempt < 4; attempt++) {
        const now = clock.now();
        const rows = held.map(({ row }) => row).filter((row) => !unusable.has(row.id));
        const signer = signerAt(rows, now);
        const key = signer && (await privateKeyOf(signer));
        if (signer && !key) unusable.add(signer.id);
        const last = rows.at(-1) === signer;
        if (signer && key && !(last && dueAt(rows) <= now)) return { kid: signer.id, key };
        if (signer && !key) continue;
        await rotate(unusable);
      }
      throw new Error('No key to sign access tokens with could be made.');
    },
    async find(kid) {
      await load(FRESH_MS);
      const look = () => held.find(({ row }) => row.id === kid && row.retiresAt.getTime() > clock.now());
      const found = look();
      if (found) return found.publicKey;
      await load(MISS_MS);
      return look()?.publicKey ?? null;
    },
    async published() {
      await load(FRESH_MS);
      const now = clock.now();
      return {
        keys: held.filter(({ row }) => row.retiresAt.getTime() > now).map(({ row }) => row.publicJwk as JWK),
      };
    },
    generation: () => generation,
  };
}

function rowsOf(tx: Tx): Promise<Row[]> {
  return tx.select().from(signingKeys).orderBy(asc(signingKeys.activeFrom), asc(signingKeys.id));
}

async function importPublic(row: Row): Promise<CryptoKey> {
  return (await importJWK(row.publicJwk as JWK, SIGNING_ALGORITHM)) as CryptoKey;
}
