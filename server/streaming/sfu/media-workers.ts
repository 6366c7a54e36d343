import { EventEmitter } from 'node:events';
import { createWorker, type types } from 'mediasoup';
import type { Logger } from 'pino';
import type { Config } from '../../../config/index.ts';
import { announcedAddress } from './announced.ts';
import { type Counter, createCounter } from './census.ts';

/** One media worker process with its port: everything that browsers send or get goes through that port. */
export interface MediaWorker {
  readonly index: number;
  readonly worker: types.Worker;
  readonly webRtcServer: types.WebRtcServer;
  /** Rooms on it, and those that are being made. */
  rooms: number;
}

export interface MediaWorkers {
  readonly events: EventEmitter<{
    /** The process is gone, and every transport on it; its successor is on its way. */
    died: [worker: MediaWorker];
    started: [worker: MediaWorker];
  }>;
  /** Never rejects: where no worker can be had, `reason` says why. */
  start(): Promise<void>;
  /** Why there is no WebRTC; null where there is. */
  reason(): string | null;
  /** The one with the fewest rooms; null while none runs. */
  pick(): MediaWorker | null;
  list(): readonly MediaWorker[];
  restarts(): number;
  /** What they carry, the one that died last not counted any more. */
  readonly counter: Counter;
  close(): Promise<void>;
}

const RETRY_MS = { first: 200, longest: 10_000 };
/** One that dies younger than this waits longer for its successor than the one before did. */
const HEALTHY_MS = 10_000;
/** How often each worker is asked whether it is alive, and how many answers it may owe. */
const PULSE_MS = 5000;
const MOST_OWED = 2;

/** Keeps the media workers alive; a worker that dies, or hangs, is replaced by one on the same port. */
export function createMediaWorkers(
  config: Config['webrtc'],
  log: Logger,
  pulseMs: number = PULSE_MS,
): MediaWorkers {
  const events: MediaWorkers['events'] = new EventEmitter();
  const running = new Map<number, MediaWorker>();
  const timers = new Set<NodeJS.Timeout>();
  const waits = new Map<number, number>();
  const counter = createCounter();
  let reason: string | null = config.enabled ? 'it has not started yet' : 'WEBRTC is off';
  let restarts = 0;
  let closing = false;

  async function launch(index: number): Promise<MediaWorker> {
    const worker = await createWorker({ logLevel: 'warn', disableLiburing: true });
    const port = config.port === 0 ? 0 : config.port + index;
    const address = { ip: config.listenIp, ...(port > 0 ? { port } : {}) };
    const outside = announcedAddress(config);
    const announced = outside === null ? {} : { announcedAddress: outside };
    try {
      const webRtcServer = await worker.createWebRtcServer({
        listenInfos: [
          { protocol: 'udp', ...address, ...announced },
          { protocol: 'tcp', ...address, ...announced },
        ],
      });
      const media: MediaWorker = { index, worker, webRtcServer, rooms: 0 };
      running.set(index, media);
      counter.watch(worker);
      watchPulse(worker, index);
      const bornAt = performance.now();
      worker.once('died', (error) => onDied(media, error, performance.now() - bornAt));
      return media;
    } catch (error) {
      worker.close();
      throw error;
    }
  }

  /** One that hangs keeps its port and its sessions, and nothing else would ever say so. */
  function watchPulse(worker: types.Worker, index: number): void {
    let owed = 0;
    const pulse = setInterval(() => {
      if (worker.closed) return clearInterval(pulse);
      if (owed >= MOST_OWED) {
        clearInterval(pulse);
        log.error({ worker: index }, 'a media worker does not answer any more; ending it');
        process.kill(worker.pid, 'SIGKILL');
        return;
      }
      owed++;
      worker.getResourceUsage().then(
        () => {
          owed = 0;
        },
        () => undefined,
      );
    }, pulseMs);
    pulse.unref();
  }

  function onDied(media: MediaWorker, error: Error, livedMs: number): void {
    if (running.get(media.index) === media) running.delete(media.index);
    if (closing) return;
    restarts++;
    const before = livedMs < HEALTHY_MS ? (waits.get(media.index) ?? 0) : 0;
    const wait = Math.min(Math.max(before * 2, RETRY_MS.first), RETRY_MS.longest);
    waits.set(media.index, wait);
    log.error({ err: error, worker: media.index }, 'a media worker died; starting another');
    events.emit('died', media);
    relaunch(media.index, wait);
  }

  /** Until it works: the port may be held for a moment by what is left of the one before. */
  function relaunch(index: number, waitMs: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      launch(index).then(
        (media) => {
          if (closing) return media.worker.close();
          reason = null;
          events.emit('started', media);
        },
        (error: unknown) => {
          // Said while it is news.
          const level = waitMs < RETRY_MS.longest ? 'error' : 'debug';
          log[level]({ err: error, worker: index }, 'a media worker could not be started; trying again');
          if (!closing) relaunch(index, Math.min(waitMs * 2, RETRY_MS.longest));
        },
      );
    }, waitMs);
    timers.add(timer);
  }

  return {
    events,
    async start() {
      if (!config.enabled) return;
      try {
        for (let index = 0; index < config.workers; index++) await launch(index);
        reason = null;
        const ports = [...running.values()].map(({ index }) => config.port + index);
        log.info({ ports, announced: announcedAddress(config) }, 'WebRTC is ready');
      } catch (error) {
        reason = why(error, config);
        for (const { worker } of running.values()) worker.close();
        running.clear();
        log.warn({ err: error }, `without WebRTC: ${reason}`);
        // What is left of a server that was killed may hold it for a moment.
        if (isPortTaken(error))
          for (let index = 0; index < config.workers; index++) relaunch(index, RETRY_MS.first);
      }
    },
    reason: () => reason,
    pick: () => [...running.values()].sort((a, b) => a.rooms - b.rooms || a.index - b.index)[0] ?? null,
    list: () => [...running.values()],
    restarts: () => restarts,
    counter,
    async close() {
      closing = true;
      for (const timer of timers) clearTimeout(timer);
      const gone = [...running.values()].map(
        ({ worker }) =>
          new Promise<void>((resolve) => {
            if (worker.subprocessClosed) return resolve();
            worker.once('subprocessclose', () => resolve());
            worker.close();
          }),
      );
      running.clear();
      await Promise.all(gone);
    },
  };
}

const isPortTaken = (error: unknown): boolean =>
  /in use|EADDRINUSE|address already/i.test((error as Error).message);

function why(error: unknown, config: Config['webrtc']): string {
  const message = (error as Error).message;
  if (/ENOENT|EACCES|spawn|not found/i.test(message))
    return 'the media worker is not installed; `npm run setup:webrtc` prepares it';
  if (isPortTaken(error)) return `port ${config.port} is in use (WEBRTC_PORT)`;
  return `the media worker does not start: ${message}`;
}
