import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * A real RTSP camera as a process of its own: it can be killed, frozen and started again on the same port.
 * It needs Debian's GStreamer packages, below; the set-up of the tests installs them where it may.
 */

export const CAMERA_PACKAGES = [
  'python3-gi',
  'gir1.2-gst-rtsp-server-1.0',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-plugins-bad',
] as const;

/** The system's own: GStreamer's bindings belong to it, not to whatever `python3` comes first on the path. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('rtsp-camera.py', import.meta.url));
const CHECK = `
import gi
gi.require_version('GstRtspServer', '1.0')
from gi.repository import Gst, GstRtspServer
Gst.init(None)
missing = [n for n in ('appsrc', 'h264parse', 'h265parse', 'rtph264pay', 'rtph265pay') if not Gst.ElementFactory.find(n)]
raise SystemExit('missing: ' + ' '.join(missing) if missing else 0)
`;

/** Null when cameras can be started, or why not, with what to install. */
export function cameraMissing(): string | null {
  const { status, stderr, error } = spawnSync(PYTHON, ['-c', CHECK], { encoding: 'utf8', timeout: 30_000 });
  if (status === 0) return null;
  const why = error?.message ?? stderr.trim().split('\n').at(-1);
  return `no test camera (${why}): apt-get install ${CAMERA_PACKAGES.join(' ')}`;
}

/** For `describe.skipIf(skipWithoutCamera(…))`: says what is left out and why. In CI nothing is left out. */
export function skipWithoutCamera(suite: string): boolean {
  const why = cameraMissing();
  if (why === null) return false;
  if (process.env.CI === 'true') throw new Error(`${suite}: ${why}`);
  console.warn(`SKIPPED ${suite}: ${why}`);
  return true;
}

export interface CameraOptions {
  /** Elementary streams made by `makeVideo`; several play in turn. */
  files: string[];
  codec?: 'h264' | 'hevc';
  fps?: number;
  path?: string;
  user?: string;
  password?: string;
}

export interface TestCamera {
  /** With credentials, if the camera has any. */
  readonly url: string;
  readonly port: number;
  /** Frame i of the endless loop is sent at `startedAtMs + 1000 * i / fps`. Changes with `restart`. */
  readonly startedAtMs: number;
  readonly fps: number;
  /** Length of the loop: the counter in the picture is i modulo this. */
  readonly frames: number;
  /** The power is cut. */
  kill(): Promise<void>;
  /** It hangs, with its connections open. */
  freeze(): void;
  thaw(): void;
  /** Comes back on the same port after `kill`, possibly with other pictures or another password. */
  restart(change?: Partial<CameraOptions>): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export async function startCamera(options: CameraOptions): Promise<TestCamera> {
  let current = { ...options };
  let camera = await launch(current, 0);
  const { port } = camera.info;

  return {
    get url() {
      const { user, password = '', path = '/cam' } = current;
      const login = user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
      return `rtsp://${login}127.0.0.1:${port}${path}`;
    },
    port,
    get startedAtMs() {
      return camera.info.startedAtMs;
    },
    get fps() {
      return camera.info.fps;
    },
    get frames() {
      return camera.info.frames;
    },
    async kill() {
      const { child } = camera;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    freeze: () => void camera.child.kill('SIGSTOP'),
    thaw: () => void camera.child.kill('SIGCONT'),
    async restart(change = {}) {
      current = { ...current, ...change };
      camera = await launch(current, port);
    },
  };
}

interface CameraInfo {
  port: number;
  frames: number;
  fps: number;
  startedAtMs: number;
}

async function launch(
  options: CameraOptions,
  port: number,
): Promise<{ child: ChildProcess; info: CameraInfo }> {
  const { files, codec = 'h264', fps = 25, path = '/cam', user, password = '' } = options;
  const login = user === undefined ? [] : ['--user', user, '--password', password];
  const args = [
    '--port',
    String(port),
    '--path',
    path,
    '--codec',
    codec,
    '--fps',
    String(fps),
    ...login,
    ...files,
  ];
  const child = spawn(PYTHON, [SCRIPT, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let complaints = '';
  child.stderr.on('data', (chunk) => {
    complaints = (complaints + chunk).slice(-2000);
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk) => resolve(String(chunk)));
    child.once('exit', (code) => reject(new Error(`the test camera left with ${code}: ${complaints}`)));
  });
  return { child, info: JSON.parse(line) as CameraInfo };
}
