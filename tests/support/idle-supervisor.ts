import type { Config } from '../../config/index.ts';
import { createLog } from '../../server/log.ts';
import { createSupervisor, type PipelineSupervisor } from '../../server/streaming/supervisor.ts';

/** The real supervisor, never started: what a server looks like before its worker is ready. */
export function idleSupervisor(config: Config): PipelineSupervisor {
  const supervisor = createSupervisor({ entry: 'pipeline/main.ts', workers: 1, log: createLog(config) });
  return { ...supervisor, start: () => undefined };
}
