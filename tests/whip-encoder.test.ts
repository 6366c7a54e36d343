import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { locateFfmpeg } from '../pipeline/sources/ffmpeg.ts';
import { eventually, type LiveTap, tapLive } from './support/live.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { latest, makeLink, openSession, skipWithoutMediaWorker } from './support/webrtc.ts';

/** What an encoder by Debian's GStreamer needs; scripts/setup/step-camera.mjs installs the same where it may. */
const PACKAGES = [
  'python3-gi',
  'gir1.2-gst-plugins-bad-1.0',
  'gstreamer1.0-nice',
  'gstreamer1.0-plugins-bad',
];
const SCRIPT = fileURLToPath(new URL('support/whip-encoder.py', import.meta.url));
const PYTHON = '/usr/bin/python3';
const CHECK = `
import gi
gi.require_version('GstWebRTC', '1.0')
from gi.repository import Gst, GstWebRTC
Gst.init(None)
missing = [n for n in ('webrtcbin', 'nicesrc', 'dtlssrtpenc', 'vp8enc', 'rtpvp8pay', 'openh264enc') if not Gst.ElementFactory.find(n)]
raise SystemExit('missing: ' + ' '.join(missing) if missing else 0)
`;

function skipWithoutGStreamer(suite: string): boolean {
  const { status, stderr, error } = spawnSync(PYTHON, ['-c', CHECK], { encoding: 'utf8', timeout: 60_000 });
  if (status === 0) return false;
  const why = error?.message ?? stderr.trim().split('\n').at(-1);
  const text = `${suite}: no GStreamer with WebRTC (${why}): apt-get install ${PACKAGES.join(' ')}`;
  if (process.env.CI === 'true') throw new Error(text);
  console.warn(`SKIPPED ${text}`);
  return true;
}

const SUITE = 'an encoder over WHIP';
describe.skipIf(skipWithoutMediaWorker(SUITE) || skipWithoutGStreamer(SUITE))(SUITE, () => {
  let server: TestServer;
  let tap: LiveTap;
  let sessionId: string;
  const running = new Set<ChildProcessWithoutNullStreams>();

  beforeAll(async () => {
    server = await startTestServer({ pipeline: true });
    sessionId = await openSession(server);
    tap = tapLive(server.url, server.teacher.token);
    await tap.joined(sessionId);
  }, 180_000);
  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL');
    tap?.close();
    await server?.close();
  });

  function encoder(token: string, codec: string) {
    const child = spawn(PYTHON, [SCRIPT, `${server.url}/ingest/whip`, token, codec]);
    running.add(child);
    child.once('exit', () => running.delete(child));
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    const said: Record<string, unknown>[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)));
    const heard = async (event: string) => {
      await eventually(() => {
        if (said.some((one) => one.event === event)) return true;
        if (child.exitCode !== null) throw new Error(`It ended: ${JSON.stringify(said)} ${errors}`);
        return false;
      }, 60_000);
      return said.find((one) => one.event === event)!;
    };
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
    return { heard, gone, kill: () => child.kill('SIGKILL'), stop: () => child.stdin.write('stop\n') };
  }

  for (const codec of ['vp8', 'h264']) {
    it(`GStreamer publishes ${codec.toUpperCase()}, and DELETE frees everything`, async () => {
      const { token, streamId } = await makeLink(server, sessionId, `GStreamer ${codec}`);
      const gstreamer = encoder(token, codec);
      expect(await gstreamer.heard('answered')).toMatchObject({ status: 201, text: '' });
      const began = performance.now();
      const live = await latest(tap, streamId, ({ state }) => state === 'live');
      console.log(`GStreamer, ${codec}: live ${Math.round(performance.now() - began)} ms after the answer`);
      expect([live.width, live.height]).toEqual([640, 360]);
      gstreamer.stop();
      expect(await gstreamer.heard('deleted')).toMatchObject({ status: 200 });
      await latest(tap, streamId, ({ reason }) => reason === 'no-publisher');
      await gstreamer.gone;
      expect(server.context.publications.live()).toEqual([]);
      await eventually(() => server.context.sfu.stats().rooms === 0);
    });
  }

  it('gives one up that vanished without a word, and everything with it', async () => {
    const { token, streamId } = await makeLink(server, sessionId, 'Stecker');
    const gstreamer = encoder(token, 'vp8');
    await latest(tap, streamId, ({ state }) => state === 'live');
    gstreamer.kill();
    const began = performance.now();
    await eventually(() => !server.context.publications.isLive(streamId), 90_000);
    console.log(`given up ${Math.round((performance.now() - began) / 1000)} s after its end`);
    await eventually(() => server.context.sfu.stats().rooms === 0);
  });

  it('ffmpeg of this system is no encoder for WHIP: the muxer came with version 8', async (context) => {
    const { path, version } = await locateFfmpeg({ ffmpegPath: process.env.FFMPEG_PATH ?? null });
    if (Number.parseInt(version, 10) >= 8) return context.skip(`ffmpeg ${version} may have it: test it here`);
    expect(execFileSync(path, ['-hide_banner', '-muxers'], { encoding: 'utf8' })).not.toMatch(/\bwhip\b/i);
  });
});
