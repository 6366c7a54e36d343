import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { StreamSpec, StreamStatus } from '../../pipeline/messages.ts';
import { createSupervisor, type PipelineSupervisor, type SupervisorOptions } from './supervisor.ts';

const entry = fileURLToPath(new URL('./fixtures/crashing-worker.ts', import.meta.url));
const open: PipelineSupervisor[] = [];

function supervisor(options: Partial<SupervisorOptions> = {}): PipelineSupervisor {
  const made = createSupervisor({
    entry,
    workers: 1,
    log: pino({ level: 'silent' }),
    backoff: { firstMs: 20, longestMs: 200, healthyAfterMs: 60_000 },
    ...options,
  });
  open.push(made);
  made.start();
  return made;
}

const stream = (streamId: string): StreamSpec => ({
  streamId,
  source: { kind: 'rtsp', url: 'rtsp://camera' },
  sampling: { mode: 'fps', fps: 2 },
  maxWidth: 0,
  detectWidth: 0,
  purposes: { identify: true, attention: true, emotion: 'off', liveness: false },
  gallery: [],
  firstTrackId: 1,
});

const tracksOf = async (made: PipelineSupervisor, streamId: string): Promise<number> => {
  for (;;) {
    const [observation] = (await once(made.events, 'observation')) as [
      { streamId: string; faces: { trackId: number }[] },
    ];
    if (observation.streamId === streamId) return observation.faces[0]!.trackId;
  }
};

afterEach(async () => {
  await Promise.all(open.splice(0).map((made) => made.close()));
});

describe('supervisor', () => {
  it('restarts a worker that was killed, sends its streams again and never reuses a track id', async () => {
    const made = supervisor();
    const first = await made.ready();
    made.startStream(stream('a'));
    made.startStream(stream('b'));
    await tracksOf(made, 'a');
    await tracksOf(made, 'b');
    const statuses: StreamStatus[] = [];
    made.events.on('status', (status) => statuses.push(status));
    const again = once(made.events, 'ready');
    process.kill(first.pid, 'SIGKILL');
    await once(made.events, 'worker-exit');
    const seen = { a: made.lastTrackId('a'), b: made.lastTrackId('b') };
    expect(statuses.map((s) => [s.streamId, s.state, s.reason]).sort()).toEqual([
      ['a', 'reconnecting', 'worker-restarted'],
      ['b', 'reconnecting', 'worker-restarted'],
    ]);
    await again;
    expect(await tracksOf(made, 'a')).toBeGreaterThan(seen.a);
    expect(await tracksOf(made, 'b')).toBeGreaterThan(seen.b);
    expect(made.stats().restarts).toBe(1);
  });

  it('keeps trying with longer pauses when a worker dies at once', async () => {
    const made = supervisor({ env: { ...process.env, CRASH_ON: 'start' } });
    const pauses: number[] = [];
    made.events.on('worker-exit', ({ retryInMs }) => pauses.push(retryInMs));
    await made.ready();
    made.startStream(stream('poison'));
    while (pauses.length < 3) await once(made.events, 'worker-exit');
    expect(pauses).toEqual([20, 40, 80]);
  });

  it('spreads streams over its workers and stops them', async () => {
    const made = supervisor({ workers: 2 });
    const pids = new Set<number>();
    made.events.on('ready', (info) => pids.add(info.pid));
    while (pids.size < 2) await once(made.events, 'ready');
    made.startStream(stream('a'));
    made.startStream(stream('b'));
    await Promise.all([tracksOf(made, 'a'), tracksOf(made, 'b')]);
    const exits: number[] = [];
    made.events.on('worker-exit', ({ worker }) => exits.push(worker));
    const moved: string[] = [];
    made.events.on('status', (status) => {
      if (status.reason === 'worker-restarted') moved.push(status.streamId);
    });
    process.kill([...pids][0]!, 'SIGKILL');
    await once(made.events, 'worker-exit');
    expect(moved).toHaveLength(1);
    made.stopStream('a');
    expect(made.stats().streams).toBe(1);
  });

  it('answers photos, and only the photo in work fails when the worker dies', async () => {
    const made = supervisor({ photos: { inFlight: 1, waiting: 2, timeoutMs: 20_000 } });
    await made.ready();
    expect(await made.photo(new Uint8Array([0]))).toMatchObject({ ok: false, code: 'no-face' });
    const [killer, next] = await Promise.all([
      made.photo(new Uint8Array([1])),
      made.photo(new Uint8Array([0])),
    ]);
    expect(killer).toMatchObject({ ok: false, code: 'internal' });
    expect(next).toMatchObject({ ok: false, code: 'no-face' });
  });

  it('refuses photos beyond its line and gives up on silent ones', async () => {
    const made = supervisor({ photos: { inFlight: 1, waiting: 1, timeoutMs: 300 } });
    await made.ready();
    const silent = made.photo(new Uint8Array([2]));
    const waits = made.photo(new Uint8Array([2]));
    expect(await made.photo(new Uint8Array([0]))).toMatchObject({ ok: false, code: 'busy' });
    expect(await silent).toMatchObject({ ok: false, code: 'busy' });
    expect(await waits).toMatchObject({ ok: false, code: 'busy' });
  });

  it('leaves no process behind', async () => {
    const made = supervisor();
    const { pid } = await made.ready();
    await made.close();
    expect(() => process.kill(pid, 0)).toThrow();
  });
});
