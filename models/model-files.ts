import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelError } from './errors.ts';
import type { ModelEntry, ModelPack, ModelRole } from './manifest.ts';

export type FileState = 'ok' | 'missing' | 'truncated' | 'tampered';

/** Where a prepared file lies. Its name holds its hash, so that versions of a pack never overwrite each other. */
export function modelPath(dir: string, pack: ModelPack, role: ModelRole, entry: ModelEntry): string {
  return join(dir, pack.name, `${role}.${entry.sha256.slice(0, 12)}.onnx`);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Compares bytes with what the manifest says of them. */
export function stateOf(bytes: Uint8Array | null, expected: { bytes: number; sha256: string }): FileState {
  if (bytes === null) return 'missing';
  if (bytes.length < expected.bytes) return 'truncated';
  return bytes.length === expected.bytes && sha256(bytes) === expected.sha256 ? 'ok' : 'tampered';
}

export async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

const PROBLEMS = {
  missing: { code: 'model-missing', text: 'is not installed' },
  truncated: { code: 'model-truncated', text: 'is cut short' },
  tampered: { code: 'model-tampered', text: 'is not the file that the manifest describes' },
} as const;

/** Reads a prepared file and refuses it unless it is exactly the one that the manifest describes. */
export async function readModel(
  dir: string,
  pack: ModelPack,
  role: ModelRole,
  entry: ModelEntry,
): Promise<Buffer> {
  const path = modelPath(dir, pack, role, entry);
  const bytes = await readIfThere(path);
  const state = stateOf(bytes, entry);
  if (state === 'ok') return bytes!;
  const { code, text } = PROBLEMS[state];
  throw new ModelError(
    code,
    `The ${role} model of pack "${pack.name}" ${text} (${path}). Run "npm run yoklama -- models install --pack ${pack.name}" on a machine with network access, or copy the file from one.`,
  );
}
