import type { Logger } from 'pino';
import type { EventDraft, RecordChange } from './ledger.ts';

/**
 * Decisions of the machine on their way to the disk. What arrives within a few milliseconds shares one transaction;
 * `committed` is called after it, never before. While the database is away the decisions are held and tried again:
 * nothing that was decided is lost while the process lives.
 */
export interface Journal {
  /** False when the journal is full and the event was not taken. */
  append(tenantId: string, draft: EventDraft): boolean;
  held(): number;
  /** Resolves when everything appended so far is on disk; rejects after `timeoutMs`. */
  drained(timeoutMs: number): Promise<void>;
  /** Tries once more and gives up what cannot be written. */
  close(): Promise<void>;
}

export interface JournalOptions {
  log: Logger;
  /** One transaction. An event that is already there (the answer to an earlier try was lost) is written once. */
  write(tenantId: string, drafts: readonly EventDraft[]): Promise<RecordChange[]>;
  committed(tenantId: string, changes: RecordChange[]): void;
  /** True: the event itself is at fault, and trying again would fail for ever. */
  isPermanent(error: unknown): boolean;
  /** The database went away (with how much is held), or came back. */
  onTrouble(trouble: { held: number; error: unknown } | null): void;
  groupMs?: number;
  maxHeld?: number;
  maxBatch?: number;
  retry?: { firstMs: number; longestMs: number };
}

export function createJournal(options: JournalOptions): Journal {
  const { log } = options;
  const groupMs = options.groupMs ?? 20;
  const maxHeld = options.maxHeld ?? 50_000;
  const maxBatch = options.maxBatch ?? 500;
  const retry = options.retry ?? { firstMs: 200, longestMs: 5000 };
  const queue: { tenantId: string; draft: EventDraft }[] = [];
  let waiting: (() => void)[] = [];
  let timer: NodeJS.Timeout | null = null;
  let writing = false;
  let trouble = false;
  let pauseMs = retry.firstMs;
  let closing = false;

  function schedule(delayMs: number): void {
    if (timer || writing || queue.length === 0) return;
    timer = setTimeout(() => {
      timer = null;
      void flush();
    }, delayMs);
  }

  async function flush(): Promise<void> {
    if (writing || queue.length === 0) return;
    writing = true;
    const tenantId = queue[0]!.tenantId;
    // Only a prefix, so that a failing database never changes the order of one tenant's events.
    let length = 0;
    while (length < Math.min(queue.length, maxBatch) && queue[length]!.tenantId === tenantId) length++;
    const batch = queue.slice(0, length);
    let failed = false;
    try {
      await writeBatch(tenantId, batch);
      recovered();
    } catch (error) {
      failed = true;
      if (!trouble)
        log.error({ err: error, held: queue.length }, 'decisions cannot be written; holding them');
      trouble = true;
      options.onTrouble({ held: queue.length, error });
    }
    writing = false;
    if (queue.length === 0) {
      for (const resolve of waiting.splice(0)) resolve();
    } else if (!failed) schedule(0);
    else if (!closing) {
      schedule(pauseMs);
      pauseMs = Math.min(pauseMs * 2, retry.longestMs);
    }
  }

  /** Removes what it has written from the queue; throws where the database is away. */
  async function writeBatch(tenantId: string, batch: typeof queue): Promise<void> {
    let changes: RecordChange[];
    try {
      changes = await options.write(
        tenantId,
        batch.map((entry) => entry.draft),
      );
    } catch (error) {
      if (!options.isPermanent(error)) throw error;
      if (batch.length > 1) {
        // One bad event must not hold up the others.
        for (const entry of batch) await writeBatch(tenantId, [entry]);
        return;
      }
      queue.splice(0, 1);
      log.error(
        { err: error, event: batch[0]!.draft.id, type: batch[0]!.draft.type },
        'an event was refused',
      );
      return;
    }
    queue.splice(0, batch.length);
    try {
      options.committed(tenantId, changes);
    } catch (error) {
      // It is on disk: writing it again is not the way to repair what listens.
      log.error({ err: error }, 'a committed decision could not be announced');
    }
  }

  function recovered(): void {
    pauseMs = retry.firstMs;
    if (!trouble) return;
    trouble = false;
    log.info('decisions are written again');
    options.onTrouble(null);
  }

  return {
    append(tenantId, draft) {
      if (closing || queue.length >= maxHeld) return false;
      queue.push({ tenantId, draft });
      schedule(groupMs);
      return true;
    },
    held: () => queue.length,
    drained: (timeoutMs) =>
      new Promise((resolve, reject) => {
        if (queue.length === 0 && !writing) return resolve();
        const limit = setTimeout(() => {
          waiting = waiting.filter((done) => done !== settle);
          reject(new Error(`${queue.length} decisions are still held after ${timeoutMs} ms.`));
        }, timeoutMs);
        const settle = (): void => {
          clearTimeout(limit);
          resolve();
        };
        waiting.push(settle);
      }),
    async close() {
      closing = true;
      if (timer) clearTimeout(timer);
      timer = null;
      const last = Date.now() + 5000;
      while ((writing || queue.length > 0) && Date.now() < last) {
        if (writing) await new Promise((resolve) => setTimeout(resolve, 5));
        else {
          const before = queue.length;
          await flush();
          if (timer) clearTimeout(timer);
          timer = null;
          if (queue.length === before) await new Promise((resolve) => setTimeout(resolve, 200));
        }
      }
      if (queue.length > 0)
        log.error({ lost: queue.length }, 'decisions could not be written before the end');
    },
  };
}
