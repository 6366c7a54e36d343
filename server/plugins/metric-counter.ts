import { Counter, type Registry } from 'prom-client';

/** A counter of something that counts by itself: `read` gives its total since the start. */
export function totalCounter(registry: Registry, name: string, help: string, read: () => number): void {
  let seen = 0;
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      const now = read();
      this.inc(Math.max(0, now - seen));
      seen = now;
    },
  });
}

/** The same of several things, told apart by a label. `read` names as many of them as there can be. */
export function splitCounter<Label extends string>(
  registry: Registry,
  name: string,
  help: string,
  label: Label,
  read: () => Record<string, number>,
): void {
  const seen: Record<string, number> = {};
  new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      for (const [key, now] of Object.entries(read())) {
        this.inc({ [label]: key } as Record<Label, string>, Math.max(0, now - (seen[key] ?? 0)));
        seen[key] = now;
      }
    },
  });
}
