import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Api, signIn } from '../support/server.ts';
import { LOAD_PASSWORD } from './load-password.ts';
import { LARGEST, SEED_VERSION, type SeedCounts } from './load-seed.ts';
import { type Target, targetsOf } from './load-targets.ts';
import type { LoadAsked, LoadPlan, LoadReady } from './load-worker.ts';
import { benchWrites, type WriteFigure } from './load-writes.ts';
import { descendantSeconds } from './process-cpu.ts';
import { percentile, table } from './table.ts';

const CONNECTIONS = 8;
/** Minutes apart: a machine that others use as well is slow for a while, and nobody sees it from inside. */
const ROUNDS = 3;
const BUDGET_MS = { uncached: 50, cached: 10 };

export interface Times {
  p50: number;
  p95: number;
  perSecond: number;
  /** CPU of the server and its database for one request: what other work on the machine does not change. */
  cpuMs: number;
}

export interface LoadFigure {
  name: string;
  /** One of the addresses that were asked for. */
  path: string;
  uncached: Times;
  /** Null: the route keeps no answers. */
  cached: Times | null;
  bytes: number;
}

export interface LoadFigures {
  counts: SeedCounts;
  seedSeconds: number;
  endpoints: LoadFigure[];
  writes: WriteFigure[];
  plans: { name: string; ms: number; text: string }[];
}

/**
 * List, statistic and report endpoints of the largest institution over 8 connections, without and with the cache of
 * answers; then what marking costs. The data are made in a temporary folder and removed, or kept in `folder`.
 */
export async function benchLoad(
  seconds: number,
  given: { only?: RegExp | undefined; folder?: string | undefined },
): Promise<LoadFigures> {
  const dataDir = given.folder ? keptFolder(given.folder) : mkdtempSync(join(tmpdir(), 'yoklama-load-'));
  // Postgres runs as another user where this is root.
  chmodSync(dataDir, 0o755);
  try {
    return await bench(dataDir, seconds, given.only);
  } finally {
    if (!given.folder) rmSync(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
  }
}

/** Emptied where it holds an older version of the data, or half of them. */
function keptFolder(folder: string): string {
  const dataDir = resolve(folder);
  const marker = join(dataDir, 'seeded.json');
  const version = existsSync(marker)
    ? (JSON.parse(readFileSync(marker, 'utf8')) as { version: number }).version
    : 0;
  if (version !== SEED_VERSION && existsSync(join(dataDir, 'postgres'))) rmSync(dataDir, { recursive: true });
  mkdirSync(dataDir, { recursive: true });
  return dataDir;
}

async function bench(dataDir: string, seconds: number, only: RegExp | undefined): Promise<LoadFigures> {
  const { child, ready } = await start(dataDir);
  const endpoints: LoadFigure[] = [];
  let writes: WriteFigure[] = [];
  try {
    for (const [prefix, email, wanted] of [
      ['', 'admin0@load.local', /./],
      ['teacher: ', 'teacher0@load.local', TEACHER],
    ] as const) {
      const api = await signIn(ready.url, email, LOAD_PASSWORD);
      await assertSeeded(api);
      const targets = (await targetsOf(api))
        .map((target) => ({ ...target, wanted: wanted.test(target.name), name: prefix + target.name }))
        .filter((target) => target.wanted && (!only || only.test(target.name)));
      // A server that has been at work for a while has its code compiled and its plans made.
      child.send({ cache: false });
      for (const { paths } of targets)
        await load(child.pid!, ready.url, api.token ?? '', paths, seconds / ROUNDS / 4);
      const rounds: LoadFigure[][] = targets.map(() => []);
      for (let round = 0; round < ROUNDS; round++) {
        process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
        for (const [at, target] of targets.entries())
          rounds[at]!.push(await measure(child, ready.url, api, target, seconds / ROUNDS));
      }
      endpoints.push(...rounds.map(middle));
    }
    const admin = await signIn(ready.url, 'admin0@load.local', LOAD_PASSWORD);
    if (!only || only.test('writes')) writes = await benchWrites(admin, child.pid!, CONNECTIONS);
  } finally {
    await stop(child);
  }
  const plans = await plansOf(dataDir, endpoints);
  const counts = JSON.parse(readFileSync(join(dataDir, 'seeded.json'), 'utf8')) as SeedCounts;
  return { counts, seedSeconds: ready.seedSeconds, endpoints, writes, plans };
}

/** The round whose 95th percentile is the middle one, each for itself: without and with the cache of answers. */
function middle(rounds: readonly LoadFigure[]): LoadFigure {
  const byP95 = (times: (Times | null)[]) =>
    times.filter((one) => one !== null).sort((a, b) => a.p95 - b.p95)[Math.floor((rounds.length - 1) / 2)];
  const first = rounds[0]!;
  const uncached = byP95(rounds.map((round) => round.uncached)) ?? first.uncached;
  return { ...first, uncached, cached: byP95(rounds.map((round) => round.cached)) ?? null };
}

/** Times of empty answers would say nothing. */
async function assertSeeded(api: Api): Promise<void> {
  const { body } = await api.get<{ totals: { present: number } }>(
    '/reports/attendance/monthly?day=2026-04-10',
  );
  if (!(body.totals.present > 100)) throw new Error(`Nothing was seeded: ${JSON.stringify(body.totals)}`);
}

/** What a teacher asks for is narrowed to their courses, which is another query. */
const TEACHER = /weekly|students, by name|sessions|stats|absences/;

async function start(dataDir: string, ...more: string[]): Promise<{ child: ChildProcess; ready: LoadReady }> {
  const child = fork(fileURLToPath(new URL('load-worker.ts', import.meta.url)), [dataDir, ...more], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ready = await new Promise<LoadReady>((resolve, reject) => {
    child.on('message', (message: LoadReady | LoadPlan | LoadAsked) => {
      if ('ready' in message) resolve(message);
    });
    child.once('exit', (code) => reject(new Error(`the server under load left with ${code}`)));
  });
  return { child, ready };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.disconnect();
  await gone;
}

async function measure(
  child: ChildProcess,
  url: string,
  api: Api,
  target: Target,
  seconds: number,
): Promise<LoadFigure> {
  const run = (paths: readonly string[], time: number) => load(child.pid!, url, api.token ?? '', paths, time);
  child.send({ cache: false });
  await run(target.paths, Math.min(0.5, seconds / 4));
  const uncached = await run(target.paths, seconds);
  child.send({ cache: true });
  const few = target.paths.slice(0, 8);
  // What was asked for before does not count.
  await askedCache(child);
  await run(few, 0.3);
  const keeps = await askedCache(child);
  const { times, bytes } = uncached;
  const again = keeps ? await run(few, Math.max(1, seconds / 2)) : null;
  const figure = {
    name: target.name,
    path: target.paths[0]!,
    uncached: times,
    cached: again?.times ?? null,
    bytes,
  };
  const ms = (figures: Times | undefined) =>
    figures ? `${figures.p95.toFixed(1)} ms, CPU ${figures.cpuMs.toFixed(1)} ms` : 'not kept';
  process.stderr.write(`  ${target.name}: ${ms(times)}; cached: ${ms(again?.times)}\n`);
  return figure;
}

/** Whether the cache of answers was asked since the last time. */
async function askedCache(child: ChildProcess): Promise<boolean> {
  const answer = new Promise<boolean>((resolve) => {
    const hear = (message: object) => {
      if (!('asked' in message)) return;
      child.off('message', hear);
      resolve((message as LoadAsked).asked > 0);
    };
    child.on('message', hear);
  });
  child.send({ cache: true, asked: true });
  return answer;
}

/** As many requests as go over 8 connections, each sending the next when it has been answered. */
async function load(pid: number, url: string, token: string, paths: readonly string[], seconds: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const until = performance.now() + seconds * 1000;
  const taken: number[] = [];
  let next = 0;
  let bytes = 0;
  const began = performance.now();
  const cpu = descendantSeconds(pid);
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      const path = paths[next++ % paths.length]!;
      const started = performance.now();
      const answer = await get(agent, `${url}/api/v1${path}`, token);
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text.slice(0, 300)}`);
      taken.push(performance.now() - started);
      bytes = answer.bytes;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  agent.destroy();
  const times: Times = {
    p50: percentile(taken, 0.5),
    p95: percentile(taken, 0.95),
    perSecond: taken.length / ((performance.now() - began) / 1000),
    cpuMs: ((descendantSeconds(pid) - cpu) * 1000) / taken.length,
  };
  return { times, bytes };
}

function get(agent: Agent, url: string, token: string) {
  return new Promise<{ status: number; bytes: number; text: string }>((resolve, reject) => {
    const asked = request(url, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        const status = response.statusCode ?? 0;
        resolve({ status, bytes: body.length, text: status === 200 ? '' : body.toString('utf8') });
      });
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** The three slowest queries of all endpoints, with their plans: each asked for alone, the second time. */
async function plansOf(dataDir: string, endpoints: readonly LoadFigure[]): Promise<LoadFigures['plans']> {
  const { child, ready } = await start(dataDir, 'plans');
  const heard: string[] = [];
  child.on('message', (message: LoadReady | LoadPlan | LoadAsked) => {
    if ('plan' in message) heard.push(message.plan);
  });
  try {
    const api = await signIn(ready.url, 'admin0@load.local', LOAD_PASSWORD);
    child.send({ cache: false });
    const slowest = new Map<string, { name: string; ms: number; text: string }>();
    for (const { name, path } of endpoints) {
      if (name.startsWith('teacher:')) continue;
      for (let time = 0; time < 2; time++) {
        heard.length = 0;
        await api.get(path);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      for (const text of heard) {
        const ms = Number(/duration: ([0-9.]+) ms/.exec(text)?.[1] ?? 0);
        const query = text.slice(text.indexOf('Query Text'), text.indexOf('Query Text') + 200);
        if ((slowest.get(query)?.ms ?? 0) < ms) slowest.set(query, { name, ms, text });
      }
    }
    return [...slowest.values()].sort((a, b) => b.ms - a.ms).slice(0, 3);
  } finally {
    await stop(child);
  }
}

export function printLoad({ counts, seedSeconds, endpoints, writes, plans }: LoadFigures): string {
  const { institutions, students, courses, sessions, records, events } = counts;
  const seeded = seedSeconds > 2 ? `seeded in ${seedSeconds.toFixed(0)} s` : 'seeded before';
  const rows = endpoints.map(({ name, uncached, cached, bytes }) => [
    name,
    uncached.p50,
    uncached.p95,
    uncached.p95 <= BUDGET_MS.uncached ? 'yes' : 'NO',
    cached ? cached.p50 : Number.NaN,
    cached ? cached.p95 : Number.NaN,
    cached ? (cached.p95 <= BUDGET_MS.cached ? 'yes' : 'NO') : '',
    Number(uncached.cpuMs.toFixed(1)),
    Math.round(uncached.perSecond),
    bytes,
  ]);
  const head = [
    'endpoint',
    'p50 ms',
    'p95 ms',
    `< ${BUDGET_MS.uncached}`,
    'cached p50',
    'cached p95',
    `< ${BUDGET_MS.cached}`,
    'CPU ms',
    'per s',
    'bytes',
  ];
  return [
    `${institutions} institutions, ${students} students, ${courses} courses, ${sessions} sessions, ${records} records, ${events} events (${seeded});`,
    `${CONNECTIONS} connections as the administrator of the largest institution, with ${LARGEST} students`,
    '',
    table(head, rows),
    '',
    table(
      ['write', 'p50 ms', 'p95 ms', 'CPU ms', 'requests'],
      writes.map(({ name, p50, p95, cpuMs, requests }) => [
        name,
        p50,
        p95,
        Number(cpuMs.toFixed(1)),
        requests,
      ]),
    ),
    '',
    ...plans.map(({ name, ms, text }) => `### ${name}: ${ms.toFixed(1)} ms\n\n${text}\n`),
  ].join('\n');
}
