import { fetchSources, type Sources, sourceKey } from './fetch-sources.ts';
import { type ModelEntry, type ModelRole, resolvePack } from './manifest.ts';

/**
 * The published files of the default pack, for tests that compare a prepared network with its original. Null, with
 * the reason printed, where there is no network and npm's cache does not have them.
 */
export async function defaultSources(): Promise<((role: ModelRole) => Buffer[]) | null> {
  const pack = resolvePack('default');
  const entries = Object.values(pack.models) as ModelEntry[];
  let sources: Sources;
  try {
    sources = await fetchSources(
      pack,
      entries.flatMap((entry) => entry.sources),
    );
  } catch (error) {
    console.log(`Left out: comparison with published weights: ${(error as Error).message}`);
    return null;
  }
  return (role) => pack.models[role]!.sources.map((source) => sources.get(sourceKey(source))!);
}
