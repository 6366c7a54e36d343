/**
 * What may be answered again without asking the database: memory of the process, or Redis. Entries are found by key
 * and forgotten by tag or by age. A cache that cannot be reached is an empty one: nothing fails because of it.
 *
 * What is computed while one of its tags is invalidated is stale before it is kept. Ask for a mark first, read the
 * data, then `set` with the mark: the entry is then as good as never kept if a tag was invalidated in between.
 */
export interface Cache {
  readonly kind: 'memory' | 'redis';
  get(key: string): Promise<Buffer | null>;
  /** Taken before the data is read. */
  mark(tags: readonly string[]): Promise<CacheMark>;
  /** The value in parts that follow one another; they are not needed any more when this returns. */
  set(key: string, parts: readonly Buffer[], options: CacheOptions): Promise<void>;
  /** Forgets every entry with one of the tags, on all servers. */
  invalidate(...tags: string[]): Promise<void>;
  /** Rejects where it cannot be reached; for `/readyz`. Absent: it cannot be away. */
  ping?(): Promise<unknown>;
  close(): Promise<void>;
}

export interface CacheOptions {
  /** At most `MAX_TTL_MS`. */
  ttlMs: number;
  tags: readonly string[];
  mark?: CacheMark;
}

/** Opaque; of one adapter. */
export type CacheMark = string;

/** Nothing is answered for longer, whatever was asked for. */
export const MAX_TTL_MS = 24 * 3_600_000;
