import type { GalleryEntry, StreamStatus } from '../../pipeline/messages.ts';
import { startCamera } from '../support/camera.ts';
import { fullPurposes, sleep, startWorker } from './pipeline-worker.ts';
import { coresBetween, residentMiB, treeCpu } from './process-cpu.ts';
import type { BenchScene } from './scene.ts';
import { table } from './table.ts';

export interface CapacityFigures {
  streams: number;
  cores: number;
  sampled: number;
  dropped: number;
  /** Streams that leave work out because the CPU is short. */
  reduced: number;
  residentMiB: number;
}

/** Adds 1080p25 cameras at 2 fps to one worker until frames are dropped; the test camera shares the machine. */
export async function benchCapacity(
  scene: BenchScene,
  gallery: GalleryEntry[],
  seconds: number,
  most: number,
): Promise<CapacityFigures[]> {
  const camera = await startCamera({ files: [scene.stream] });
  const worker = await startWorker();
  const statuses = new Map<string, StreamStatus>();
  const observed = new Map<string, number>();
  worker.on((message) => {
    if (message.type === 'stream:status') statuses.set(message.status.streamId, message.status);
    if (message.type === 'observation') {
      const { streamId } = message.observation;
      observed.set(streamId, (observed.get(streamId) ?? 0) + 1);
    }
  });
  const figures: CapacityFigures[] = [];
  try {
    for (let streams = 1; streams <= most; streams++) {
      worker.send({
        type: 'stream:start',
        stream: {
          streamId: `camera-${streams}`,
          source: { kind: 'rtsp', url: camera.url },
          sampling: { mode: 'fps', fps: 2 },
          maxWidth: 0,
          detectWidth: 0,
          purposes: fullPurposes,
          gallery,
          firstTrackId: 1,
        },
      });
      await sleep(15);
      observed.clear();
      const before = treeCpu(worker.pid);
      await sleep(seconds);
      const cores = coresBetween(before, treeCpu(worker.pid), seconds);
      const expected = streams * seconds * 2;
      const sampled = [...observed.values()].reduce((sum, count) => sum + count, 0);
      const figure = {
        streams,
        cores: cores.own + (cores.children.ffmpeg ?? 0),
        sampled,
        // What the sampling asked for and no observation came of; one frame a stream may fall on the edge.
        dropped: Math.max(0, expected - streams - sampled),
        reduced: [...statuses.values()].filter((status) => status.load !== 'full').length,
        residentMiB: residentMiB(worker.pid),
      };
      figures.push(figure);
      if (figure.dropped > expected * 0.02) break;
    }
  } finally {
    await worker.close();
    await camera.kill();
  }
  return figures;
}

export function printCapacity(figures: readonly CapacityFigures[]): string {
  return table(
    ['cameras', 'cores', 'frames seen', 'dropped', 'reduced', 'worker MiB'],
    figures.map((f) => [f.streams, f.cores, f.sampled, f.dropped, f.reduced, Math.round(f.residentMiB)]),
  );
}
