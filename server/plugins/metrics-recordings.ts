import { Gauge, type Registry } from 'prom-client';
import type { AppContext } from '../context.ts';
import { splitCounter, totalCounter } from './metric-counter.ts';

/** Figures of recordings: how many run and how they are getting on, what keeps them from it, what they write. */
export function measureRecordings({ recorder }: AppContext, registry: Registry): void {
  new Gauge({
    name: 'yoklama_recordings',
    help: 'Recordings that run on this server: `starting`, `writing`, `waiting` for their video, `failing` by the disk.',
    labelNames: ['state'] as const,
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(recorder.stats().states)) this.set({ state }, count);
    },
  });
  splitCounter(
    registry,
    'yoklama_recording_problems_total',
    'How often a recording that ran could not be written, by what kept it from it.',
    'reason',
    () => recorder.stats().problems,
  );
  const counter = (name: string, help: string, read: () => number) =>
    totalCounter(registry, `yoklama_recording_${name}_total`, help, read);
  counter('bytes', 'What recordings have written to the disk.', () => recorder.stats().bytes);
  counter('segments', 'Segments of recordings that were written.', () => recorder.stats().segments);
}
