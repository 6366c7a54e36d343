import { randomBytes } from 'node:crypto';
import { access, link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type postgres from 'postgres';
import { type Config, decodeMasterKey } from '../../../config/index.ts';
import { type Crypto, CryptoError, createCrypto } from '../../crypto.ts';
import { openSql } from '../../db/client.ts';
import { openConfiguredDatabase } from '../../db/open.ts';
import { createLog } from '../../log.ts';
import { checkpointMac } from '../audit/verify.ts';

export interface Rewrapped {
  tenantKeys: number;
  signingKeys: number;
  checkpoints: number;
}

/**
 * Wraps every institution's keys, the keys that sign tokens and the seals of the audit log's checkpoints with a new master
 * key; the data stay as they are. The servers must be stopped. With a key in the environment the new one is `MASTER_KEY` and
 * the old one `MASTER_KEY_PREVIOUS`; otherwise a new one is made in `dataDir/secrets`, and the old one is kept beside it as
 * `master.key.previous`. Broken off, it can be run again: what has the new wrapping is left alone.
 */
export async function rotateMasterKey(config: Config): Promise<Rewrapped> {
  const log = createLog(config);
  const keys = config.masterKey === null ? await keyFiles(config) : keysOfEnvironment(config);
  const previous = createCrypto(keys.previous);
  const next = createCrypto(keys.next);
  const database = await openConfiguredDatabase(config, next, log);
  let done: Rewrapped;
  try {
    const sql = openSql(database.owner, { pool: 1, log, statementTimeoutMs: 0 });
    try {
      done = await sql.begin((tx) => rewrap(tx, previous, next));
    } finally {
      await sql.end({ timeout: 5 });
    }
  } finally {
    await database.close();
  }
  await keys.finish();
  return done;
}

interface Keys {
  previous: Buffer;
  next: Buffer;
  /** Once everything is wrapped with the new key. */
  finish(): Promise<void>;
}

function keysOfEnvironment(config: Config): Keys {
  if (config.masterKeyPrevious === null) {
    throw forPeople(
      'Set MASTER_KEY to the new key and MASTER_KEY_PREVIOUS to the one that was used until now.',
    );
  }
  return {
    previous: decodeMasterKey(config.masterKeyPrevious),
    next: decodeMasterKey(config.masterKey!),
    finish: async () => undefined,
  };
}

async function keyFiles(config: Config): Promise<Keys> {
  const current = join(config.dataDir, 'secrets', 'master.key');
  const draft = `${current}.next`;
  const read = async (path: string) => decodeMasterKey(await readFile(path, 'utf8'));
  if (!(await exists(current))) throw forPeople(`There is no master key in ${current} to change.`);
  // One that is there is of a run that was broken off, perhaps after the database had it.
  if (!(await exists(draft))) {
    await writeFile(`${draft}.part`, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flush: true });
    await rename(`${draft}.part`, draft);
  }
  return {
    previous: await read(current),
    next: await read(draft),
    async finish() {
      await rm(`${current}.previous`, { force: true });
      await link(current, `${current}.previous`);
      await rename(draft, current);
    },
  };
}

async function rewrap(tx: postgres.TransactionSql, previous: Crypto, next: Crypto): Promise<Rewrapped> {
  const done: Rewrapped = { tenantKeys: 0, signingKeys: 0, checkpoints: 0 };
  await tx`select set_config('app.system', 'on', true)`;
  const held = await tx<{ id: string; key: Buffer }[]>`select id, wrapped_key as key from tenants for update`;
  for (const { id, key } of held) {
    const wrapped = rewrapped(id, key, previous, next);
    if (!wrapped) continue;
    await tx`update tenants set wrapped_key = ${wrapped} where id = ${id}`;
    done.tenantKeys += 1;
  }
  const retired = await tx<{ id: string; tenant: string; key: Buffer }[]>`
    select id, tenant_id as tenant, wrapped_key as key from tenant_keys for update`;
  for (const { id, tenant, key } of retired) {
    const wrapped = rewrapped(tenant, key, previous, next);
    if (!wrapped) continue;
    await tx`update tenant_keys set wrapped_key = ${wrapped} where id = ${id}`;
    done.tenantKeys += 1;
  }
  done.signingKeys = await resealSigningKeys(tx, previous, next);
  for (const { id } of held) {
    await tx`select set_config('app.tenant_id', ${id}, true)`;
    done.checkpoints += await signCheckpoints(tx, id, previous, next);
  }
  return done;
}

/** Null: wrapped with the new key already. Throws where neither key opens it. */
function rewrapped(tenantId: string, key: Buffer, previous: Crypto, next: Crypto): Buffer | null {
  if (opens(() => next.unwrapTenantKey(tenantId, key))) return null;
  if (opens(() => previous.unwrapTenantKey(tenantId, key)))
    return next.rewrapTenantKey(tenantId, key, previous);
  throw forPeople(
    `The key of the institution ${tenantId} is wrapped with neither the new nor the previous master key.`,
  );
}

async function resealSigningKeys(
  tx: postgres.TransactionSql,
  previous: Crypto,
  next: Crypto,
): Promise<number> {
  const rows = await tx<
    { id: string; key: Buffer }[]
  >`select id, private_key as key from signing_keys for update`;
  const [from, to] = [previous.sealer('signing-keys'), next.sealer('signing-keys')];
  let resealed = 0;
  for (const { id, key } of rows) {
    const purpose = `signing-key:${id}`;
    if (opens(() => to.open(purpose, key))) continue;
    await tx`update signing_keys set private_key = ${to.seal(purpose, from.open(purpose, key))} where id = ${id}`;
    resealed += 1;
  }
  return resealed;
}

/** A checkpoint that the previous key did not sign is left as it is: verification has to find it. */
async function signCheckpoints(
  tx: postgres.TransactionSql,
  tenantId: string,
  previous: Crypto,
  next: Crypto,
): Promise<number> {
  const [from, to] = [previous.derive('audit-checkpoints'), next.derive('audit-checkpoints')];
  const rows = await tx<{ id: string; kind: string; seq: string; hash: Buffer; mac: Buffer }[]>`
    select id, kind, seq::text, hash, mac from audit_checkpoints where tenant_id = ${tenantId}`;
  let signed = 0;
  for (const { id, kind, seq, hash, mac } of rows) {
    const point = { tenantId, kind, seq: Number(seq), hash };
    if (!checkpointMac(from, point).equals(mac)) continue;
    await tx`update audit_checkpoints set mac = ${checkpointMac(to, point)} where id = ${id}`;
    signed += 1;
  }
  return signed;
}

function opens(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof CryptoError) return false;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The command line shows the message of errors with a code, without the stack. */
function forPeople(message: string): Error {
  return Object.assign(new Error(message), { code: 'MASTER_KEY' });
}

/** `yoklama rotate-master-key`. */
export async function runRotateMasterKey(config: Config): Promise<number> {
  const { tenantKeys, signingKeys, checkpoints } = await rotateMasterKey(config);
  process.stdout.write(
    `Wrapped with the new master key: ${tenantKeys} institution keys, ${signingKeys} signing keys, ${checkpoints} checkpoints.\n`,
  );
  if (config.masterKey === null) {
    process.stdout.write(
      `The new key is in ${join(config.dataDir, 'secrets', 'master.key')}: keep a copy. The old one is beside it; ` +
        'backups made until now need it.\n',
    );
  }
  return 0;
}
