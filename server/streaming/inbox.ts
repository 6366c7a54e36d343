import type { FromWorker } from '../../pipeline/messages.ts';

/**
 * Messages of a worker on their way to the server's event loop. Overlays and pictures are worth only their newest
 * one, so while the loop is busy an older one of the same stream is dropped; everything that decides something
 * is handed on at once and in order.
 */
export interface Inbox {
  put(message: FromWorker): void;
  clear(): void;
  dropped(): number;
}

export function createInbox(deliver: (message: FromWorker) => void): Inbox {
  const newest = new Map<string, FromWorker>();
  let scheduled = false;
  let dropped = 0;

  function flush(): void {
    scheduled = false;
    const batch = [...newest.values()];
    newest.clear();
    for (const message of batch) deliver(message);
  }

  return {
    put(message) {
      const key = staleKey(message);
      if (key === null) {
        deliver(message);
        return;
      }
      // Deleting first moves the stream to the back, so that one busy stream cannot starve the others.
      if (newest.delete(key)) dropped++;
      newest.set(key, message);
      if (!scheduled) {
        scheduled = true;
        setImmediate(flush);
      }
    },
    clear: () => newest.clear(),
    dropped: () => dropped,
  };
}

function staleKey(message: FromWorker): string | null {
  if (message.type === 'observation') return `observation ${message.observation.streamId}`;
  if (message.type === 'picture') return `picture ${message.streamId}`;
  return null;
}
