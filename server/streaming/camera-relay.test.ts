import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RelaySpec, StreamStatus } from '../../pipeline/messages.ts';
import { createCameraRelay, profileLevelIdOf } from './camera-relay.ts';
import type { Room } from './sfu/room.ts';
import type { PipelineSupervisor } from './supervisor.ts';

/** The two ends that a relay stands between, noting what it asks of them; the real ones are in tests/browser/watch.test.ts. */
function stage(status: { codec: string; profile: string | null } | null) {
  const events = new EventEmitter();
  const started: RelaySpec[] = [];
  const stopped: string[] = [];
  const offered: string[] = [];
  let open = 0;
  let ready = true;
  let known = status;
  const statusOf = () => (known ? ({ state: 'live', reason: 'ok', ...known } as StreamStatus) : null);
  const supervisor = {
    events,
    statusOf,
    startRelay(relay: RelaySpec) {
      if (ready) started.push(relay);
      return ready;
    },
    stopRelay: (relayId: string) => stopped.push(relayId),
  } as unknown as PipelineSupervisor;
  const room = {
    async intake() {
      open++;
      return {
        tuple: { localPort: 4000 },
        rtcpTuple: { localPort: 4001 },
        close: () => open--,
        async produce({ rtpParameters }: { rtpParameters: { codecs: { parameters: object }[] } }) {
          offered.push((rtpParameters.codecs[0]!.parameters as Record<string, string>)['profile-level-id']!);
          return { id: offered.length };
        },
      };
    },
  } as unknown as Room;
  const onChange = vi.fn();
  const relay = createCameraRelay({
    ...{ room, supervisor, onChange, streamId: 's', url: 'rtsp://camera' },
    log: pino({ enabled: false }),
  });
  const settle = () => vi.advanceTimersByTimeAsync(0);
  return {
    relay,
    onChange,
    ...{ started, stopped, offered, settle },
    open: () => open,
    setReady: (is: boolean) => {
      ready = is;
    },
    says(next: { codec: string; profile: string | null }) {
      known = next;
      events.emit('status', { streamId: 's', ...statusOf() });
    },
    describes: (input: { codec: string; profile: string | null }) =>
      events.emit('relay-described', { relayId: started.at(-1)!.relayId, ...input }),
    ends: (reason: string) =>
      events.emit('relay-ended', { relayId: started.at(-1)!.relayId, reason, detail: '' }),
  };
}

describe('the relay of a camera', () => {
  vi.useFakeTimers();
  afterEach(() => vi.clearAllTimers());
  const HIGH = { codec: 'h264', profile: 'High' };

  it('waits until the pipeline knows what the camera sends', async () => {
    const act = stage(null);
    await act.settle();
    expect([act.relay.reason, act.open()]).toEqual(['starting', 0]);
    act.says(HIGH);
    await act.settle();
    expect([act.relay.reason, act.offered]).toEqual([null, ['640032']]);
    expect(act.onChange).toHaveBeenCalled();
  });

  it('connects when somebody takes packets, and without anybody after a moment', async () => {
    const one = stage(HIGH);
    await one.settle();
    expect(one.started).toHaveLength(0);
    one.relay.ready();
    one.relay.ready();
    expect(one.started).toMatchObject([{ transcode: false, rtpPort: 4000, rtcpPort: 4001 }]);
    const other = stage(HIGH);
    await vi.advanceTimersByTimeAsync(1000);
    expect(other.started).toHaveLength(1);
  });

  it('encodes anew what is not H.264', async () => {
    const act = stage({ codec: 'hevc', profile: 'Main' });
    await act.settle();
    act.relay.ready();
    expect([act.offered, act.started[0]!.transcode]).toEqual([['42e01f'], true]);
    act.describes({ codec: 'hevc', profile: 'Main' });
    await act.settle();
    expect(act.started).toHaveLength(1);
  });

  it('begins anew with what the camera really sends', async () => {
    const act = stage(HIGH);
    await act.settle();
    act.relay.ready();
    act.describes({ codec: 'h264', profile: 'Main' });
    await act.settle();
    expect([act.offered, act.stopped, act.open()]).toEqual([
      ['640032', '4d0032'],
      [act.started[0]!.relayId],
      1,
    ]);
    act.relay.ready();
    act.describes({ codec: 'hevc', profile: 'Main' });
    await act.settle();
    act.relay.ready();
    expect(act.started.at(-1)!.transcode).toBe(true);
  });

  it('comes back with another source each time, more slowly the longer it takes', async () => {
    const act = stage(HIGH);
    await act.settle();
    act.relay.ready();
    act.describes(HIGH);
    act.ends('disconnected');
    expect([act.relay.producer, act.relay.reason, act.open()]).toEqual([null, 'disconnected', 0]);
    await vi.advanceTimersByTimeAsync(300);
    act.relay.ready();
    expect(act.started[1]!.ssrc).not.toBe(act.started[0]!.ssrc);
    act.ends('refused');
    await vi.advanceTimersByTimeAsync(300);
    expect(act.relay.reason).toBe('refused');
    await vi.advanceTimersByTimeAsync(300);
    expect(act.relay.reason).toBeNull();
  });

  it('does not lock the account of a camera out', async () => {
    const act = stage(HIGH);
    await act.settle();
    act.relay.ready();
    act.ends('wrong-credentials');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(act.started).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(act.started).toHaveLength(2);
  });

  it('tries again when there is no pipeline worker', async () => {
    const act = stage(HIGH);
    act.setReady(false);
    await act.settle();
    act.relay.ready();
    expect([act.relay.reason, act.open()]).toEqual(['worker-restarted', 0]);
    act.setReady(true);
    await vi.advanceTimersByTimeAsync(1500);
    expect(act.started).toHaveLength(1);
  });

  it('leaves nothing when it is closed, at whatever moment', async () => {
    const early = stage(HIGH);
    early.relay.close();
    await early.settle();
    const running = stage(HIGH);
    await running.settle();
    running.relay.ready();
    running.relay.close();
    running.relay.close();
    await vi.advanceTimersByTimeAsync(5000);
    expect([early.open(), running.open()]).toEqual([0, 0]);
    expect(running.stopped).toEqual([running.started[0]!.relayId]);
    running.ends('disconnected');
    expect(running.started).toHaveLength(1);
  });

  it('takes a profile that it does not know for the most that browsers read', () => {
    expect(['Constrained Baseline', 'Main', 'High', null].map(profileLevelIdOf)).toEqual([
      ...['42e01f', '4d0032', '640032', '640032'],
    ]);
  });
});
