/**
 * `npm run demo`: a whole server on a data directory of its own, a rendered classroom as its camera, students
 * enrolled through the public API, a session open.
 *
 * `npm run demo -- --check` watches for 40 s without a browser, prints a JSON summary and fails where it is wrong.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { pino } from 'pino';
import { type Config, environment, loadConfig } from '../../config/index.ts';
import { projectRoot } from '../../config/paths.ts';
import { locateFfmpeg } from '../../pipeline/sources/ffmpeg.ts';
import { createLog } from '../../server/log.ts';
import { type RunningServer, startServer } from '../../server/main.ts';
import { processorSeconds } from './cores.ts';
import { createNameCounter, type DemoSummary, judge } from './judge.ts';
import { demoCache } from './photos.ts';
import { createProgress } from './progress.ts';
import { type DemoClassroom, renderDemoClassroom } from './render.ts';
import { createScreen } from './screen.ts';
import { watchSession } from './watch.ts';
import { ADMIN, createWorld, TEACHER, type World } from './world.ts';

interface Options {
  check: boolean;
  seconds: number;
  port: number;
  data: string;
}

const say = (line: string) => process.stderr.write(`${line}\n`);

/** @returns the exit code */
export async function runDemo(argv: readonly string[]): Promise<number> {
  const program = new Command('yoklama demo')
    .description('A rendered classroom as a camera, students enrolled, a session open.')
    .option('--check', 'no browser: watch, print a JSON summary, fail where it is wrong', false)
    .option('--seconds <number>', 'how long --check watches', wholeNumber(20, 3600), 40)
    .option(
      '--port <number>',
      'port to listen on; the next free one where it is taken',
      wholeNumber(1, 65_535),
      8780,
    )
    .option('--data <dir>', 'data directory; emptied at every start', join(projectRoot, 'data', 'demo'))
    .exitOverride();
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const options = program.opts<Options>();
  const interrupted = waitForSignal();
  const config = await demoConfig(options);
  const classroom = await prepareClassroom(config);
  await emptyDataDir(config.dataDir);
  say('starting the server');
  const logFile = join(config.dataDir, 'server.log');
  await mkdir(config.dataDir, { recursive: true });
  const log = createLog(config, pino.destination({ dest: logFile, sync: true }));
  const server = await startServer(config, { log });
  try {
    await writeFile(databaseNote(config.dataDir), server.postgres?.data ?? '');
    await server.context.supervisor.ready(120_000);
    const enrolling = createProgress('enrolling the students');
    const world = await Promise.race([
      createWorld(server.url, classroom, enrolling.update),
      interrupted.then(() => null),
    ]).finally(enrolling.end);
    if (world === null) return 130;
    if (!options.check) return await show(server, world, interrupted);
    const summary = await check(server, world, classroom, options.seconds, interrupted);
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
    for (const problem of summary.problems) say(`wrong: ${problem}`);
    if (!summary.ok) say(`the server's log: ${logFile}`);
    return summary.ok ? 0 : 1;
  } finally {
    await server.close();
  }
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`a whole number from ${least} to ${most} is needed.`);
  };
}

function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

/** The person's own settings for models and ffmpeg; all else is the demo's. */
async function demoConfig({ port, data }: Options): Promise<Config> {
  const own = environment();
  const kept = ['MODEL_PACK', 'MODELS_DIR', 'FFMPEG_PATH', 'PIPELINE_THREADS', 'LOG_LEVEL', 'POLICY', 'PATH'];
  const free = await freePort(port);
  if (free !== port) say(`port ${port} is in use; taking ${free}`);
  return loadConfig({
    ...Object.fromEntries(kept.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]]]))),
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: String(free),
    DATA_DIR: resolve(data),
    CAMERA_ALLOW_FILES: 'true',
    ACCESS_TOKEN_SECONDS: '86400',
    INSTITUTION: 'Yoklama Demo Okulu',
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
  });
}

async function freePort(first: number): Promise<number> {
  for (let port = first; port < Math.min(first + 50, 65_536); port += 1) {
    if (await isFree(port)) return port;
  }
  throw Object.assign(new Error(`no port from ${first} on is free`), { code: 'no-free-port' });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function prepareClassroom(config: Config): Promise<DemoClassroom> {
  const ffmpeg = await locateFfmpeg(config);
  if (ffmpeg.warning) say(ffmpeg.warning);
  const progress = createProgress('rendering the classroom (once)');
  try {
    return await renderDemoClassroom({
      dir: join(demoCache, 'classroom'),
      ffmpeg: ffmpeg.path,
      onProgress: (share) => progress.update(share, 1),
    });
  } finally {
    progress.end();
  }
}

/** Where the database of this data directory lies, which may be outside of it. */
const databaseNote = (dataDir: string) => join(dataDir, 'database-at');

async function emptyDataDir(dataDir: string): Promise<void> {
  const lock = await readFile(join(dataDir, 'server.lock'), 'utf8').catch(() => null);
  const holder = lock === null ? null : (JSON.parse(lock) as { pid: number });
  if (holder && isRunning(holder.pid)) {
    throw Object.assign(
      new Error(
        `another demo (process ${holder.pid}) is running in ${dataDir}; stop it, or name another folder with --data`,
      ),
      { code: 'demo-running' },
    );
  }
  const isOurs =
    !existsSync(dataDir) || existsSync(databaseNote(dataDir)) || existsSync(join(dataDir, 'server.log'));
  if (!isOurs) {
    throw Object.assign(
      new Error(`${dataDir} is not a demo's folder and would be emptied; name another with --data`),
      {
        code: 'demo-folder',
      },
    );
  }
  const database = await readFile(databaseNote(dataDir), 'utf8').catch(() => '');
  if (database !== '') await rm(dirname(database), { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function show(server: RunningServer, world: World, interrupted: Promise<void>): Promise<number> {
  process.stdout.write(`
  Dashboard  ${server.url}
  Teacher    ${TEACHER.email} / ${TEACHER.password}
  Admin      ${ADMIN.email} / ${ADMIN.password}
  API        ${server.url}/docs

`);
  const screen = createScreen();
  const watcher = await watchSession({
    url: server.url,
    token: world.teacher.token,
    sessionId: world.sessionId,
    onChange: (seen) => screen.update(seen),
    onFaces() {},
  });
  await interrupted;
  watcher.close();
  screen.close();
  say('stopping');
  return 0;
}

async function check(
  server: RunningServer,
  world: World,
  classroom: DemoClassroom,
  seconds: number,
  interrupted: Promise<void>,
): Promise<DemoSummary> {
  const names = createNameCounter(classroom.truth, world.studentIds);
  let dropped = 0;
  server.context.supervisor.events.on('status', (status) => {
    dropped = status.framesDropped;
  });
  const watcher = await watchSession({
    url: server.url,
    token: world.teacher.token,
    sessionId: world.sessionId,
    onChange() {},
    onFaces: (faces) => names.count(faces),
  });
  say(`watching for ${seconds} s`);
  const startedAt = performance.now();
  const busyBefore = processorSeconds();
  await Promise.race([sleep(seconds * 1000), interrupted]);
  const watchedS = (performance.now() - startedAt) / 1000;
  const busyAfter = processorSeconds();
  await world.teacher.post(`/sessions/${world.sessionId}/close`, {});
  const { items } = await world.teacher.get<{ items: { studentId: string; status: string }[] }>(
    `/sessions/${world.sessionId}/attendance`,
  );
  watcher.close();
  return judge({
    classroom,
    studentIds: world.studentIds,
    seen: watcher.seen,
    final: new Map(items.map(({ studentId, status }) => [studentId, status])),
    names: names.counts,
    openedAtMs: world.openedAtMs,
    seconds: watchedS,
    dropped,
    cores: busyBefore === null || busyAfter === null ? null : (busyAfter - busyBefore) / watchedS,
  });
}
