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
