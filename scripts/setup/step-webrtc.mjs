import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { canInstall, install, missingPackages } from './apt.mjs';
import { BUILD_PACKAGES, buildWorker, workerVersion } from './media-worker/build.mjs';
import { SetupError, say } from './report.mjs';
import { answers, cleanEnv, cli, inCi, projectRoot, run, setting } from './run.mjs';
import { isStamped, stamp } from './stamp.mjs';

const folder = join(projectRoot, 'node_modules', 'mediasoup');
const worker = join(folder, 'worker', 'out', 'Release', 'mediasoup-worker');
/** Tasks that wait for a build of several minutes; the others take what is there or can be fetched. */
const MAY_BUILD = new Set(['test', 'bench', 'webrtc']);
const DOWNLOAD_MS = 120_000;

/**
 * The media worker that browsers' pictures go through: MEDIASOUP_WORKER_BIN, the one that is there, the official
 * download, or built from the package's own sources on Debian's libraries and kept in ~/.cache/yoklama.
 */
export const webrtc = {
  title: 'preparing the WebRTC media worker',
  done({ task }) {
    if (setting('MEDIASOUP_WORKER_BIN')) return true;
    if (!existsSync(folder)) return true;
    if (existsSync(worker)) return isStamped('webrtc', workerVersion(folder));
    // asked once: without it everything but WebRTC works
    return !MAY_BUILD.has(task) && isStamped('webrtc-left-out', workerVersion(folder));
  },
  async carryOut({ task }) {
    const version = workerVersion(folder);
    const reasons = [];
    for (const way of [download, fromCache, build]) {
      const reason = await way({ task, version });
      if (reason === null && (await starts())) return stamp('webrtc', version);
      reasons.push(reason ?? 'it does not start on this machine');
      await rm(worker, { force: true });
    }
    if (inCi && MAY_BUILD.has(task)) {
      throw new SetupError(`CI needs the WebRTC media worker: ${reasons.join('; ')}.`);
    }
    say(`left out: browsers as cameras and live view (WebRTC): ${reasons.join('; ')}.`);
    say(
      '  npm run setup:webrtc builds the media worker (some minutes, once); docs/webrtc.md says what it needs.',
    );
    stamp('webrtc-left-out', version);
  },
};

/** The package's own script, kept to the download: without Python it does not go on to a build that needs the network. */
async function download() {
  const env = cleanEnv({ PYTHON: 'false' });
  const command = cli('npm-scripts.mjs', 'postinstall');
  const child = spawnSync(command[0], command.slice(1), {
    cwd: folder,
    env,
    stdio: 'ignore',
    timeout: DOWNLOAD_MS,
  });
  return child.status === 0 && existsSync(worker) ? null : 'the official download cannot be reached';
}

async function fromCache({ version }) {
  const kept = cached(version);
  if (!existsSync(kept)) return 'none is in the cache';
  await place(kept, worker);
  return null;
}

async function build({ task, version }) {
  if (!MAY_BUILD.has(task)) return 'it was not built here yet';
  if (missingPackages(BUILD_PACKAGES).length > 0) {
    if (!canInstall()) return `building it needs these Debian packages: ${BUILD_PACKAGES.join(' ')}`;
    if (!(await install(BUILD_PACKAGES))) return 'the packages that building needs could not be installed';
  }
  say('building the media worker from its sources; this takes some minutes, once');
  const kept = cached(version);
  const problem = await buildWorker(folder, kept);
  if (problem !== null) return problem;
  await place(kept, worker);
  return null;
}

/** Built against this system's libraries: another release of it needs another build. */
function cached(version) {
  const os = spawnSync('sh', ['-c', '. /etc/os-release; printf %s "$ID$VERSION_ID"'], { encoding: 'utf8' });
  const system = os.stdout?.trim() || process.platform;
  return join(
    homedir(),
    '.cache',
    'yoklama',
    'media-worker',
    `${version}-${system}-${process.arch}`,
    'mediasoup-worker',
  );
}

async function place(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  const part = `${to}.${process.pid}`;
  await copyFile(from, part);
  await rename(part, to);
}

/** A worker that cannot find its libraries is there and of no use. */
async function starts() {
  if (!existsSync(worker)) return false;
  const probe =
    "import('mediasoup').then((m) => m.createWorker({ logLevel: 'none' })).then((w) => w.close(), () => process.exit(1))";
  return (await run(cli('-e', probe), { quiet: true })) === 0 || answers(worker, '--version');
}
