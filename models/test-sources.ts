import { fetchSources, type Sources, sourceKey } from './fetch-sources.ts';
import { type ModelEntry, type ModelRole, resolvePack } from './manifest.ts';

export const NO_SOURCES = 'comparison with published weights, which cannot be fetched';

/**
 * The published files of the default pack, for tests that compare a prepared network with its original. Null where
 * there is no network and npm's cache does not have them: such a test skips itself with `NO_SOURCES`. In CI it throws.
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
    if (process.env.CI === 'true') throw error;
    console.warn(`SKIPPED ${NO_SOURCES}: ${(error as Error).message}`);
    return null;
  }
  return (role) => pack.models[role]!.sources.map((source) => sources.get(sourceKey(source))!);
}
