import { readdirSync, readFileSync } from 'node:fs';
import type { Sampling, SourceSpec } from '../../pipeline/messages.ts';
import { type FfmpegBinary, locateFfmpeg } from '../../pipeline/sources/ffmpeg.ts';
import {
  createSource,
  type SourceOptions,
  type SourceStatus,
  type VideoSource,
} from '../../pipeline/sources/source.ts';
import { readCounter } from './video.ts';

/** What a test keeps of a frame; its buffer goes back at once. */
export interface SeenFrame {
  seq: number;
  atMs: number;
  mediaTimeS: number;
  width: number;
  height: number;
  arrivedMs: number;
  /** The number burnt into the picture; null where there is none or the picture is damaged. */
  counter: number | null;
}

export interface WatchedSource {
  source: VideoSource;
  frames: SeenFrame[];
  statuses: SourceStatus[];
  status(): SourceStatus;
  /** Resolves with the first status from now on, or the present one, that fits. */
  until(what: string, test: (status: SourceStatus) => boolean, timeoutMs?: number): Promise<SourceStatus>;
  /** Resolves when `count` more frames have come. */
  more(count: number, timeoutMs?: number): Promise<SeenFrame[]>;
}

let binary: Promise<FfmpegBinary> | null = null;

/** ffmpeg as the product finds it, asked once; FFMPEG_PATH runs the suites with another one. */
export function testFfmpeg(): Promise<FfmpegBinary> {
  binary ??= locateFfmpeg({ ffmpegPath: process.env.FFMPEG_PATH ?? null });
  return binary;
}

/** Starts a source and records what it tells. Stop it with `watched.source.stop()`. */
export async function watchSource(
  spec: SourceSpec,
  sampling: Sampling,
  options: Partial<SourceOptions> = {},
): Promise<WatchedSource> {
  const frames: SeenFrame[] = [];
  const statuses: SourceStatus[] = [];
  const checks = new Set<() => void>();
  const changed = () => {
    for (const check of [...checks]) check();
  };
  const source = createSource(
    spec,
    sampling,
    {
      maxWidth: 0,
      cameras: { allowedNetworks: [], allowLoopback: true },
      ffmpeg: await testFfmpeg(),
      ...options,
    },
    {
      onFrame(frame) {
        const { seq, atMs, mediaTimeS, width, height } = frame;
        const counter = readCounter(frame);
        frames.push({ seq, atMs, mediaTimeS, width, height, arrivedMs: Date.now(), counter });
        source.release(frame);
        changed();
      },
      onStatus(status) {
        statuses.push(status);
        changed();
      },
    },
  );
  source.start();

  function wait<T>(what: string, test: () => T | null, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = test();
        if (found === null) return;
        checks.delete(check);
        clearTimeout(timer);
        resolve(found);
      };
      const timer = setTimeout(() => {
        checks.delete(check);
        const told = statuses.map((s) => `${s.state}/${s.reason}: ${s.detail}`).join('\n  ');
        reject(new Error(`waited ${timeoutMs} ms for ${what}; ${frames.length} frames; told\n  ${told}`));
      }, timeoutMs);
      checks.add(check);
      check();
    });
  }

  const status = () => statuses.at(-1)!;
  return {
    source,
    frames,
    statuses,
    status,
    until: (what, test, timeoutMs = 10_000) =>
      wait(what, () => (statuses.length > 0 && test(status()) ? status() : null), timeoutMs),
    more(count, timeoutMs = 10_000) {
      const from = frames.length;
      return wait(
        `${count} frames`,
        () => (frames.length >= from + count ? frames.slice(from) : null),
        timeoutMs,
      );
    },
  };
}

/** Processes named ffmpeg that this process started and that still exist. Linux only: elsewhere an empty list. */
export function ffmpegChildren(): number[] {
  let entries: string[] = [];
  try {
    entries = readdirSync('/proc');
  } catch {
    return [];
  }
  return entries.map(Number).filter((pid) => {
    if (!Number.isInteger(pid)) return false;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(stat) ?? [];
      return name === 'ffmpeg' && Number(parent) === process.pid;
    } catch {
      return false;
    }
  });
}
