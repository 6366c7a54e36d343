import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type {
  EngagementBucket,
  FromWorker,
  GalleryEntry,
  PhotoFacesOptions,
  PhotoFacesResult,
  PhotoResult,
  ProbedSource,
  ProbeResult,
  PushedPicture,
  ReadyMessage,
  RelaySpec,
  SourceSpec,
  StreamSpec,
  StreamStatus,
  WorkerFailure,
} from '../../pipeline/messages.ts';
import { createRecorderDesk, type RecorderDesk, type RecordingMessage } from './recorder.ts';
import { createRequests } from './requests.ts';
import { createWorkerSlot, type WorkerSlot } from './worker-slot.ts';

/**
 * Keeps the pipeline workers alive. A crash in a decoder or in ONNX Runtime costs a stream the back-off and the
 * time of a start, never the session: every stream of the dead worker is sent again to its successor.
 */
export interface SupervisorOptions {
  /** Entry file of a worker, TypeScript. */
  entry: string;
  workers: number;
  log: Logger;
  /** Environment of the workers; the parent's own when absent. */
  env?: NodeJS.ProcessEnv;
  /** First and longest pause before a restart; the pause doubles until a worker has lived `healthyAfterMs`. */
  backoff?: { firstMs: number; longestMs: number; healthyAfterMs: number };
  /** Photos answered at the same time per worker, and how many may wait for their turn. */
  photos?: { inFlight: number; waiting: number; timeoutMs: number };
  /** A worker that is not `ready` by then is killed and tried again: a start loads models, so it is generous. */
  readyTimeoutMs?: number;
}

export interface SupervisorEvents {
  ready: [info: ReadyMessage];
  status: [status: StreamStatus];
  observation: [message: Extract<FromWorker, { type: 'observation' }>['observation']];
  identity: [message: Extract<FromWorker, { type: 'identity' }>['identity']];
  metrics: [message: Extract<FromWorker, { type: 'metrics' }>['metrics']];
  engagement: [bucket: EngagementBucket];
  picture: [message: Extract<FromWorker, { type: 'picture' }>];
  /** A WebRTC stream's decoder listens on new ports. */
  rtp: [ports: Extract<FromWorker, { type: 'stream:rtp' }>];
  'key-frame': [message: Extract<FromWorker, { type: 'stream:key-frame' }>];
  /** A pushed picture was decoded or refused. */
  'picture-taken': [message: Extract<FromWorker, { type: 'stream:picture-taken' }>];
  'relay-described': [message: Extract<FromWorker, { type: 'relay:described' }>];
  /** Also when its worker ended. */
  'relay-ended': [message: Extract<FromWorker, { type: 'relay:ended' }>];
  /** A stream was stopped on request. */
  stopped: [streamId: string];
  recording: [message: RecordingMessage];
  /** A worker died; its streams are on their way to the next one. */
  'worker-exit': [info: { worker: number; code: number | null; signal: string | null; retryInMs: number }];
}

export interface PipelineSupervisor {
  readonly events: EventEmitter<SupervisorEvents>;
  readonly recordings: Pick<RecorderDesk, 'start' | 'setSource' | 'stop' | 'count'>;
  /** What the first ready worker said; null until then. */
  info(): ReadyMessage | null;
  /** Resolves with the first `ready`; rejects after `timeoutMs` or when closed. */
  ready(timeoutMs?: number): Promise<ReadyMessage>;
  start(): void;
  startStream(stream: StreamSpec): void;
  stopStream(streamId: string): void;
  /** The stream goes on from another source, or from none. */
  setSource(streamId: string, source: SourceSpec): void;
  /** Where a running stream comes from. */
  sourceOf(streamId: string): SourceSpec | null;
  /** What its worker said last of a running stream. */
  statusOf(streamId: string): StreamStatus | null;
  /** False where no worker is ready; otherwise `relay-ended` will follow some time, unless it is stopped. */
  startRelay(relay: RelaySpec): boolean;
  stopRelay(relayId: string): void;
  setGallery(streamId: string, gallery: GalleryEntry[]): void;
  verdict(streamId: string, trackId: number, studentId: string, verdict: 'confirmed' | 'rejected'): void;
  watch(streamId: string, pictureWidth: number | null): void;
  /** Hands a picture to a `pictures` stream; false: there is no worker for it now. `picture-taken` follows. */
  picture(streamId: string, picture: PushedPicture): boolean;
  /** Opens a source, reads its first frame. Never rejects. */
  probe(source: ProbedSource, timeoutMs?: number): Promise<ProbeResult | WorkerFailure>;
  /** Finds the one face of an enrolment photo. Never rejects; `busy` when too many wait. */
  photo(photo: Uint8Array): Promise<PhotoResult | WorkerFailure>;
  /** Finds all faces of a photo of several people. Never rejects; `busy` when too many wait. */
  photoFaces(
    photo: Uint8Array,
    options?: Partial<PhotoFacesOptions>,
  ): Promise<PhotoFacesResult | WorkerFailure>;
  /** Highest track id seen of a stream. */
  lastTrackId(streamId: string): number;
  stats(): {
    workers: number;
    ready: number;
    streams: number;
    restarts: number;
    dropped: number;
    waiting: number;
    /** Streams by their state. */
    states: Partial<Record<StreamStatus['state'], number>>;
  };
  close(): Promise<void>;
}

/** In one photo of a class. */
const MOST_FACES = 120;

interface HeldStream {
  spec: StreamSpec;
  worker: number;
  lastTrackId: number;
  pictureWidth: number | null;
  status: StreamStatus | null;
}

export function createSupervisor(options: SupervisorOptions): PipelineSupervisor {
  const { log } = options;
  const events = new EventEmitter<SupervisorEvents>();
  // Every publisher and viewer listens for its own stream: many are no leak.
  events.setMaxListeners(0);
  const streams = new Map<string, HeldStream>();
  /** Workers of relays. */
  const relays = new Map<string, number>();
  let info: ReadyMessage | null = null;
  let restarts = 0;
  let closing = false;

  const slots: WorkerSlot[] = Array.from({ length: Math.max(1, options.workers) }, (_, index) =>
    createWorkerSlot({
      index,
      entry: options.entry,
      log: log.child({ worker: index }),
      ...(options.env ? { env: options.env } : {}),
      backoff: options.backoff ?? { firstMs: 250, longestMs: 10_000, healthyAfterMs: 30_000 },
      readyTimeoutMs: options.readyTimeoutMs ?? 120_000,
      onReady: (message) => onReady(index, message),
      onMessage: (message) => onMessage(message),
      onExit: (code, signal, retryInMs) => onExit(index, code, signal, retryInMs),
    }),
  );

  const recordings = createRecorderDesk(slots, (message) => events.emit('recording', message));
  const photos = options.photos ?? { inFlight: 2, waiting: 32, timeoutMs: 30_000 };
  const photoRequests = createRequests<PhotoResult>(slots, photos);
  const facesRequests = createRequests<PhotoFacesResult>(slots, {
    inFlight: 1,
    waiting: 16,
    timeoutMs: 2 * photos.timeoutMs,
  });
  const probeRequests = createRequests<ProbeResult>(slots, { inFlight: 2, waiting: 8, timeoutMs: 20_000 });

  function onReady(index: number, message: ReadyMessage): void {
    info ??= message;
    for (const held of streams.values()) if (held.worker === index) send(held);
    recordings.onReady(index);
    events.emit('ready', message);
    photoRequests.pump();
    facesRequests.pump();
    probeRequests.pump();
  }

  function send(held: HeldStream): void {
    const slot = slots[held.worker]!;
    const firstTrackId = Math.max(held.spec.firstTrackId, held.lastTrackId + 1);
    slot.send({ type: 'stream:start', stream: { ...held.spec, firstTrackId } });
    if (held.pictureWidth !== null) {
      slot.send({ type: 'stream:watch', streamId: held.spec.streamId, pictureWidth: held.pictureWidth });
    }
  }

  function onExit(index: number, code: number | null, signal: string | null, retryInMs: number): void {
    photoRequests.fail(index);
    facesRequests.fail(index);
    probeRequests.fail(index);
    recordings.onExit(index);
    if (closing) return;
    restarts++;
    const now = Date.now();
    for (const held of streams.values()) {
      if (held.worker !== index) continue;
      const last = held.status;
      held.status = {
        streamId: held.spec.streamId,
        state: 'reconnecting',
        reason: 'worker-restarted',
        detail: `the pipeline worker ended (${signal ?? `code ${code}`})`,
        sinceMs: now,
        retryAtMs: now + retryInMs,
        width: last?.width ?? null,
        height: last?.height ?? null,
        codec: last?.codec ?? null,
        framesSampled: last?.framesSampled ?? 0,
        framesDropped: last?.framesDropped ?? 0,
        load: 'full',
      };
      events.emit('status', held.status);
    }
    for (const [relayId, worker] of relays) {
      if (worker !== index) continue;
      relays.delete(relayId);
      const detail = 'the pipeline worker ended';
      events.emit('relay-ended', { type: 'relay:ended', relayId, reason: 'worker-restarted', detail });
    }
    events.emit('worker-exit', { worker: index, code, signal, retryInMs });
  }

  function onMessage(message: FromWorker): void {
    if (recordings.onMessage(message)) return;
    switch (message.type) {
      case 'photo:result':
        photoRequests.answer(message.requestId, message.result);
        return;
      case 'photo:faces:result':
        facesRequests.answer(message.requestId, message.result);
        return;
      case 'probe:result':
        probeRequests.answer(message.requestId, message.result);
        return;
      case 'ready':
        return;
      case 'stream:status': {
        const held = streams.get(message.status.streamId);
        if (!held) return;
        held.status = message.status;
        events.emit('status', message.status);
        return;
      }
      case 'observation': {
        const held = streams.get(message.observation.streamId);
        if (!held) return;
        for (const face of message.observation.faces) sawTrack(held, face.trackId);
        events.emit('observation', message.observation);
        return;
      }
      case 'identity': {
        const held = streams.get(message.identity.streamId);
        if (!held) return;
        sawTrack(held, message.identity.trackId);
        events.emit('identity', message.identity);
        return;
      }
      case 'metrics':
        if (streams.has(message.metrics.streamId)) events.emit('metrics', message.metrics);
        return;
      case 'engagement':
        events.emit('engagement', message.bucket);
        return;
      case 'picture':
        if (streams.has(message.streamId)) events.emit('picture', message);
        return;
      case 'relay:described':
        if (relays.has(message.relayId)) events.emit('relay-described', message);
        return;
      case 'relay:ended':
        if (relays.delete(message.relayId)) events.emit('relay-ended', message);
        return;
      case 'stream:rtp':
        if (streams.has(message.streamId)) events.emit('rtp', message);
        return;
      case 'stream:picture-taken':
        if (streams.has(message.streamId)) events.emit('picture-taken', message);
        return;
      case 'stream:key-frame':
        if (streams.has(message.streamId)) events.emit('key-frame', message);
        return;
    }
  }

  function sawTrack(held: HeldStream, trackId: number): void {
    if (trackId > held.lastTrackId) held.lastTrackId = trackId;
  }

  function leastLoaded(): number {
    const load = slots.map(() => 0);
    for (const held of streams.values()) load[held.worker]!++;
    return load.indexOf(Math.min(...load));
  }

  return {
    events,
    recordings,
    info: () => info,
    ready: (timeoutMs = 120_000) => waitForReady(events, () => info, timeoutMs),
    start: () => {
      for (const slot of slots) slot.start();
    },
    startStream(spec) {
      const existing = streams.get(spec.streamId);
      if (existing) slots[existing.worker]!.send({ type: 'stream:stop', streamId: spec.streamId });
      const held: HeldStream = {
        spec,
        worker: existing?.worker ?? leastLoaded(),
        lastTrackId: Math.max(existing?.lastTrackId ?? 0, spec.firstTrackId - 1),
        pictureWidth: existing?.pictureWidth ?? null,
        status: null,
      };
      streams.set(spec.streamId, held);
      if (slots[held.worker]!.isReady()) send(held);
    },
    stopStream(streamId) {
      const held = streams.get(streamId);
      if (!held) return;
      slots[held.worker]!.send({ type: 'stream:stop', streamId });
      streams.delete(streamId);
      events.emit('stopped', streamId);
    },
    setSource(streamId, source) {
      const held = streams.get(streamId);
      if (!held) return;
      held.spec = { ...held.spec, source };
      held.status = null;
      if (slots[held.worker]!.isReady()) send(held);
    },
    sourceOf: (streamId) => streams.get(streamId)?.spec.source ?? null,
    statusOf: (streamId) => streams.get(streamId)?.status ?? null,
    startRelay(relay) {
      const load = slots.map(() => 0);
      for (const index of relays.values()) load[index]!++;
      const slot = slots.filter((one) => one.isReady()).sort((a, b) => load[a.index]! - load[b.index]!)[0];
      if (!slot?.send({ type: 'relay:start', relay })) return false;
      relays.set(relay.relayId, slot.index);
      return true;
    },
    stopRelay(relayId) {
      const index = relays.get(relayId);
      if (index === undefined) return;
      relays.delete(relayId);
      slots[index]!.send({ type: 'relay:stop', relayId });
    },
    setGallery(streamId, gallery) {
      const held = streams.get(streamId);
      if (!held) return;
      held.spec = { ...held.spec, gallery };
      slots[held.worker]!.send({ type: 'stream:gallery', streamId, gallery });
    },
    verdict(streamId, trackId, studentId, verdict) {
      const held = streams.get(streamId);
      if (held) slots[held.worker]!.send({ type: 'stream:verdict', streamId, trackId, studentId, verdict });
    },
    watch(streamId, pictureWidth) {
      const held = streams.get(streamId);
      if (!held || held.pictureWidth === pictureWidth) return;
      held.pictureWidth = pictureWidth;
      slots[held.worker]!.send({ type: 'stream:watch', streamId, pictureWidth });
    },
    picture(streamId, picture) {
      const held = streams.get(streamId);
      return held !== undefined && slots[held.worker]!.send({ type: 'stream:picture', streamId, picture });
    },
    probe: (source, timeoutMs = 15_000) =>
      // The worker gives up first, so that its own reason reaches the caller rather than ours.
      probeRequests.ask((requestId) => ({ type: 'probe', requestId, source, timeoutMs }), timeoutMs + 5000),
    photo: (photo) => photoRequests.ask((requestId) => ({ type: 'photo', requestId, photo })),
    photoFaces: (photo, { maxFaces = MOST_FACES, pictureWidth = null, gallery = null } = {}) =>
      facesRequests.ask((requestId) => ({
        type: 'photo:faces',
        requestId,
        photo,
        maxFaces,
        pictureWidth,
        gallery,
      })),
    lastTrackId: (streamId) => streams.get(streamId)?.lastTrackId ?? 0,
    stats: () => ({
      workers: slots.length,
      ready: slots.filter((slot) => slot.isReady()).length,
      streams: streams.size,
      restarts,
      dropped: slots.reduce((sum, slot) => sum + slot.dropped(), 0),
      waiting: photoRequests.waiting() + facesRequests.waiting() + probeRequests.waiting(),
      states: countStates(streams.values()),
    }),
    async close() {
      closing = true;
      photoRequests.close();
      facesRequests.close();
      probeRequests.close();
      await Promise.all(slots.map((slot) => slot.close()));
      streams.clear();
    },
  };
}

function countStates(held: Iterable<HeldStream>): Partial<Record<StreamStatus['state'], number>> {
  const counts: Partial<Record<StreamStatus['state'], number>> = {};
  for (const { status } of held) {
    const state = status?.state ?? 'connecting';
    counts[state] = (counts[state] ?? 0) + 1;
  }
  return counts;
}

function waitForReady(
  events: EventEmitter<SupervisorEvents>,
  info: () => ReadyMessage | null,
  timeoutMs: number,
): Promise<ReadyMessage> {
  const known = info();
  if (known) return Promise.resolve(known);
  return new Promise((resolve, reject) => {
    const done = (message: ReadyMessage): void => {
      clearTimeout(timer);
      resolve(message);
    };
    const timer = setTimeout(() => {
      events.off('ready', done);
      reject(new Error(`No pipeline worker was ready within ${timeoutMs} ms.`));
    }, timeoutMs);
    timer.unref();
    events.once('ready', done);
  });
}
