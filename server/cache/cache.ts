/**
 * What may be answered again without asking the database: lru-cache in the process, or Redis. Entries are found by key
 * and forgotten by tag or by age. A cache that cannot be reached is an empty one: nothing fails because of it.
 */
export interface Cache {
  readonly kind: 'memory' | 'redis';
  get(key: string): Promise<Buffer | null>;
  set(key: string, value: Buffer, options: { ttlMs: number; tags: readonly string[] }): Promise<void>;
  /** Forgets every entry with one of the tags, on all servers. */
  invalidate(...tags: string[]): Promise<void>;
  close(): Promise<void>;
}
