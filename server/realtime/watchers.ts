/**
 * Who watches which stream's pictures. A picture costs the worker an encoding, so it is told to make them only while
 * somebody watches, at the widest size that somebody asked for.
 */
export interface Watchers {
  /** One stream per socket and session; a second call replaces the first. */
  watch(socketId: string, sessionId: string, streamId: string, width: number): void;
  /**
   * Ends what the socket watches of the session, and says which stream that was; null when nothing ended. Keeps it
   * where it is `except`, so that a change of width does not switch the pictures off and on.
   */
  unwatch(socketId: string, sessionId: string, except?: string | null): string | null;
  forget(socketId: string): void;
}

export function createWatchers(onChange: (streamId: string, width: number | null) => void): Watchers {
  const bySocket = new Map<string, Map<string, { streamId: string; width: number }>>();
  const announced = new Map<string, number>();

  function announce(streamId: string): void {
    let widest: number | null = null;
    for (const watched of bySocket.values()) {
      for (const entry of watched.values()) {
        if (entry.streamId === streamId) widest = Math.max(widest ?? 0, entry.width);
      }
    }
    if ((announced.get(streamId) ?? null) === widest) return;
    if (widest === null) announced.delete(streamId);
    else announced.set(streamId, widest);
    onChange(streamId, widest);
  }

  return {
    watch(socketId, sessionId, streamId, width) {
      const watched = bySocket.get(socketId) ?? new Map();
      bySocket.set(socketId, watched);
      const before = watched.get(sessionId);
      watched.set(sessionId, { streamId, width });
      if (before && before.streamId !== streamId) announce(before.streamId);
      announce(streamId);
    },
    unwatch(socketId, sessionId, except = null) {
      const watched = bySocket.get(socketId);
      const entry = watched?.get(sessionId);
      if (!watched || !entry || entry.streamId === except) return null;
      watched.delete(sessionId);
      if (watched.size === 0) bySocket.delete(socketId);
      announce(entry.streamId);
      return entry.streamId;
    },
    forget(socketId) {
      const watched = bySocket.get(socketId);
      bySocket.delete(socketId);
      for (const entry of watched?.values() ?? []) announce(entry.streamId);
    },
  };
}
