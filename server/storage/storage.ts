import type { Tx } from '../db/tenancy.ts';

/**
 * Files that outlive a request: reports, documents, imports. Encrypted with the institution's key under a random name
 * in `dataDir/files`, with a row in `files` for each. The row is written in the caller's transaction, after the bytes;
 * a file without a row is removed by the nightly purge.
 */
export interface Storage {
  /** Throws `disk-full`; then neither row nor file is left. */
  put(tx: Tx, tenantId: string, file: NewFile): Promise<StoredFile>;
  /** Throws `file-not-found`, also for one that has expired. */
  get(tx: Tx, tenantId: string, fileId: string): Promise<StoredFile & { content: Buffer }>;
  /** The row at once, the bytes once the transaction has committed or at the next purge. */
  remove(tx: Tx, tenantId: string, fileIds: readonly string[]): Promise<number>;
  /**
   * Removes bytes that no row speaks of: of one institution, unless they are so young that their transaction may
   * still be under way. Returns how many files.
   */
  sweep(tenantId: string, options?: { youngMs?: number }): Promise<number>;
  /** Encrypts with the institution's current key what another key still holds; it can be begun again at any time. */
  reseal(tenantId: string, signal?: AbortSignal): Promise<{ resealed: number; unreadable: number }>;
}

export interface NewFile {
  kind: 'report' | 'excuse' | 'import' | 'export' | 'recording';
  /** As the user called it. */
  name: string;
  /** MIME. */
  type: string;
  content: Uint8Array;
  /** Whose data it is, where it is one student's: erased with them. */
  studentId?: string | null;
  createdBy?: string | null;
  expiresAt?: Date | null;
}

export interface StoredFile {
  id: string;
  kind: NewFile['kind'];
  name: string;
  type: string;
  bytes: number;
  createdAt: Date;
  expiresAt: Date | null;
}
