import type { Frame } from '../frame.ts';
import type { StreamReason, StreamState } from '../messages.ts';
import { type BufferPool, createBufferPool } from './buffer-pool.ts';
import type { FrameHeader } from './frame-reader.ts';
import type { SourceEvents, SourceStatus } from './source.ts';

/** What every source has on its outer side: numbered frames, statuses told once, buffers lent and given back. */
export interface Outlet {
  pool: BufferPool;
  state(): StreamState;
  /** Tells a status if it differs from the last one. */
  tell(state: StreamState, reason: StreamReason, detail: string, retryAtMs?: number | null): void;
  setCodec(codec: string, profile?: string | null): void;
  deliver(header: FrameHeader, data: Uint8Array, atMs: number, mediaTimeS: number): void;
  release(frame: Frame): void;
  delivered(): number;
  /** Resolves when no delivered frame is out any more, at once if there is none. */
  allReleased(): Promise<void>;
  /** Nothing is told or delivered after this. */
  close(): void;
}

export function createOutlet(events: SourceEvents, buffers: number): Outlet {
  const pool = createBufferPool(buffers);
  const out = new Set<Uint8Array>();
  let idle: (() => void)[] = [];
  let closed = false;
  let seq = 0;
  let status: SourceStatus = {
    state: 'connecting',
    reason: 'starting',
    detail: '',
    retryAtMs: null,
    width: null,
    height: null,
    codec: null,
  };
  let told = false;

  function tell(change: Partial<SourceStatus>) {
    const next = { ...status, ...change };
    const same =
      told && (Object.keys(next) as (keyof SourceStatus)[]).every((key) => next[key] === status[key]);
    status = next;
    if (same || closed) return;
    told = true;
    events.onStatus(next);
  }

  function release(data: Uint8Array) {
    out.delete(data);
    pool.give(data);
    if (out.size > 0) return;
    const wake = idle;
    idle = [];
    for (const resolve of wake) resolve();
  }

  return {
    pool,
    state: () => status.state,
    tell: (state, reason, detail, retryAtMs = null) => tell({ state, reason, detail, retryAtMs }),
    setCodec(codec, profile = null) {
      status = { ...status, codec, profile };
    },
    deliver({ width, height }, data, atMs, mediaTimeS) {
      if (closed) {
        pool.give(data);
        return;
      }
      tell({ state: 'live', reason: 'ok', detail: `${width}x${height}`, retryAtMs: null, width, height });
      out.add(data);
      events.onFrame({ data, width, height, seq: seq++, atMs, mediaTimeS });
    },
    release: (frame) => release(frame.data),
    delivered: () => seq,
    allReleased: () => (out.size === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve))),
    close() {
      closed = true;
      for (const resolve of idle) resolve();
      idle = [];
    },
  };
}
