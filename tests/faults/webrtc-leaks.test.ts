import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { residentMiB } from '../bench/process-cpu.ts';
import { chromiumPath, launchChromium } from '../browser/browser.ts';
import { type BrowserCameras, openCameras } from '../support/browser-cameras.ts';
import { eventually } from '../support/live.ts';
import { descendants, openFiles, programs } from '../support/processes.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { makeLink, openSession, skipWithoutMediaWorker } from '../support/webrtc.ts';

const CYCLES = 100;
/** At the same time; one after the other would take minutes. */
const AT_ONCE = 5;
const WARM_UP = 20;
const MOST_MIB = 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Counts {
  /** Names of the programs below this process, sorted: browsers not among them. */
  processes: string[];
  /** Open files and UDP sockets of each: this process, the media worker, the pipeline worker. */
  files: Record<string, number>;
  udp: Record<string, number>;
  /** Of this process what JavaScript holds; of the others what is resident. */
  mib: Record<string, number>;
}

describe.skipIf(!chromiumPath || skipWithoutMediaWorker('joining and leaving'))('joining and leaving', () => {
  let server: TestServer;
  let browser: Browser;
  let cameras: BrowserCameras;
  let sessionId: string;
  let made = 0;

  beforeAll(async () => {
    server = await startTestServer({ pipeline: true, students: 0 });
    browser = await launchChromium();
    cameras = await openCameras(browser, server.url, { width: 320, height: 180, fps: 10 });
    sessionId = await openSession(server);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Every other one leaves as soon as it is connected, the rest when their picture has been looked at. */
  async function joinAndLeave(): Promise<void> {
    const n = made++;
    const name = `device ${n}`;
    const { streamId, token } = await makeLink(server, sessionId, name);
    const { publications, supervisor } = server.context;
    let looked = false;
    const look = (of: { streamId: string }) => {
      if (of.streamId === streamId) looked = true;
    };
    supervisor.events.on('observation', look);
    await cameras.start(name, token);
    await eventually(() => publications.isLive(streamId), 60_000);
    if (n % 2 === 0) await eventually(() => looked, 60_000);
    supervisor.events.off('observation', look);
    await cameras.stop(name);
    await eventually(() => !publications.isLive(streamId), 60_000);
    await server.teacher.call('DELETE', `/sessions/${sessionId}/publishers/${streamId}`);
  }

  async function cycles(count: number): Promise<void> {
    let left = count;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (left-- > 0) await joinAndLeave();
      }),
    );
  }

  async function count(): Promise<Counts> {
    // Processes that were told to end may need a moment.
    await eventually(() => programs('ffmpeg').length === 0);
    await eventually(() => server.context.sfu.stats().transports.plain === 0);
    for (let round = 0; round < 3; round++) {
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const pipeline = server.context.supervisor.info()!.pid;
    const [mediaWorker] = programs('mediasoup-worker');
    const pids = { server: process.pid, mediaWorker: mediaWorker!, pipeline };
    const { heapUsed, external } = process.memoryUsage();
    const each = (read: (pid: number) => number) =>
      Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, read(pid)]));
    return {
      processes: descendants()
        .map(({ program }) => program)
        .filter((program) => !/chrom|headless|postgres|esbuild/i.test(program))
        .sort(),
      files: each((pid) => openFiles(pid).files),
      udp: each((pid) => openFiles(pid).udp),
      mib: { ...each(residentMiB), server: (heapUsed + external) / 2 ** 20 },
    };
  }

  it(`leaves no port, process, file or memory over after ${CYCLES} times`, async () => {
    await cycles(WARM_UP);
    const before = await count();
    const began = performance.now();
    await cycles(CYCLES);
    const seconds = (performance.now() - began) / 1000;
    const after = await count();
    console.log(
      `${CYCLES} joins and leaves in ${seconds.toFixed(0)} s; ` +
        Object.keys(after.mib)
          .map((name) => {
            const mib = (after.mib[name]! - before.mib[name]!).toFixed(1);
            return `${name}: files ${before.files[name]} → ${after.files[name]}, UDP ${before.udp[name]} → ${after.udp[name]}, ${mib} MiB more`;
          })
          .join('; '),
    );
    expect(after.processes).toEqual(before.processes);
    expect(after.udp).toEqual(before.udp);
    for (const [name, files] of Object.entries(after.files)) {
      // Keep-alive connections of this test to the server and the database come and go.
      expect(files, `files of ${name}`).toBeLessThanOrEqual(
        before.files[name]! + (name === 'server' ? 10 : 0),
      );
    }
    for (const [name, mib] of Object.entries(after.mib))
      expect(mib - before.mib[name]!, `memory of ${name}`).toBeLessThan(MOST_MIB);
    expect(server.context.sfu.stats()).toMatchObject({
      ...{ rooms: 0, publishers: 0, viewers: 0, loopbackPorts: 0, restarts: 0 },
      transports: { webrtc: 0, plain: 0, pipe: 0 },
    });
    expect(server.context.publications.live()).toEqual([]);
    expect(server.context.supervisor.stats()).toMatchObject({ streams: 0, restarts: 0 });
  }, 400_000);
});
