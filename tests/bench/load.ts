import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Api, signIn } from '../support/server.ts';
import { LOAD_PASSWORD } from './load-password.ts';
import { LOAD_NOW, SEED_VERSION, type SeedCounts } from './load-seed.ts';
import type { LoadPlan, LoadReady } from './load-worker.ts';
import { percentile, table } from './table.ts';

const CONNECTIONS = 8;
const BUDGET_MS = { uncached: 50, cached: 10 };

export interface LoadFigure {
  name: string;
  /** One of the addresses that were asked for. */
  path: string;
  uncached: { p50: number; p95: number; perSecond: number };
  /** Null: the route keeps no answers. */
  cached: { p50: number; p95: number; perSecond: number } | null;
  bytes: number;
}

export interface LoadFigures {
  counts: SeedCounts;
  seedSeconds: number;
  endpoints: LoadFigure[];
  plans: { name: string; ms: number; text: string }[];
}

interface Target {
  name: string;
  /** Addresses under /api/v1 that are asked for in turn: different courses, students, pages, days. */
  paths: string[];
}

/**
 * List, statistic and report endpoints of the largest institution (a fifth of all data) over 8 connections, without
 * and with the cache of answers. The data are made once and kept.
 */
export async function benchLoad(seconds: number, only?: RegExp): Promise<LoadFigures> {
  const dataDir = join(cacheFolder(), `load-${SEED_VERSION}`);
  if (existsSync(dataDir) && !existsSync(join(dataDir, 'seeded.json'))) rmSync(dataDir, { recursive: true });
  mkdirSync(dataDir, { recursive: true });
  const { child, ready } = await start(dataDir);
  const endpoints: LoadFigure[] = [];
  try {
    const api = await signIn(ready.url, 'admin0@load.local', LOAD_PASSWORD);
    const teacher = await signIn(ready.url, 'teacher0@load.local', LOAD_PASSWORD);
    const targets = (await targetsOf(api)).filter(({ name }) => !only || only.test(name));
    for (const [who, some] of [
      [api, targets],
      [
        teacher,
        targets.filter(({ name }) => TEACHER.test(name)).map((t) => ({ ...t, name: `teacher: ${t.name}` })),
      ],
    ] as const) {
      for (const target of some) endpoints.push(await measure(child, ready.url, who, target, seconds));
    }
  } finally {
    await stop(child);
  }
  const plans = await plansOf(dataDir, endpoints);
  const counts = JSON.parse(readFileSync(join(dataDir, 'seeded.json'), 'utf8')) as SeedCounts;
  return { counts, seedSeconds: ready.seedSeconds, endpoints, plans };
}

/** Postgres does not run as root, and root's home is closed to whom it runs as then. */
const cacheFolder = (): string =>
  process.getuid?.() === 0 ? '/var/tmp/yoklama-bench' : join(homedir(), '.cache/yoklama/bench');

/** What a teacher asks for is narrowed to their courses, which is another query. */
const TEACHER = /weekly|students, by name|sessions|stats|absences/;

async function start(dataDir: string, ...more: string[]): Promise<{ child: ChildProcess; ready: LoadReady }> {
  const child = fork(fileURLToPath(new URL('load-worker.ts', import.meta.url)), [dataDir, ...more], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ready = await new Promise<LoadReady>((resolve, reject) => {
    child.on('message', (message: LoadReady | LoadPlan) => {
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

async function targetsOf(api: Api): Promise<Target[]> {
  const ids = async (path: string, key = 'id') => {
    const { body, status } = await api.get<{ items: Record<string, string>[] }>(path);
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    return body.items.map((item) => String(item[key]));
  };
  const courses = await ids('/courses?limit=100');
  const students = await ids('/students?limit=100');
  const teachers = await ids('/teachers?limit=80');
  const sessions = await ids('/sessions?limit=100');
  const each = (list: string[], path: (id: string) => string) => list.map(path);
  const pages = (path: string, pageSize = 50, count = 40) =>
    Array.from(
      { length: count },
      (_, at) => `${path}${path.includes('?') ? '&' : '?'}skip=${at * pageSize}&limit=${pageSize}`,
    );
  const days = Array.from({ length: 80 }, (_, at) =>
    new Date(LOAD_NOW - (at + 1) * 86_400_000).toISOString().slice(0, 10),
  );
  const today = new Date(LOAD_NOW).toISOString().slice(0, 10);
  const words = ['ay', 'yılmaz', 'S1001', 'Өмүр', 'toktogulov', 'kaya', 'çelik', 'zeynep 1', '33', 'асан'];
  return [
    { name: 'students, by name', paths: pages('/students') },
    {
      name: 'students, searched',
      paths: each(words, (word) => `/students?search=${encodeURIComponent(word)}`),
    },
    { name: 'students of a course', paths: each(courses, (id) => `/courses/${id}/enrolments`) },
    { name: 'one student', paths: each(students, (id) => `/students/${id}`) },
    { name: 'teachers', paths: pages('/teachers', 20, 4) },
    { name: 'courses', paths: pages('/courses', 50, 10) },
    { name: 'sessions, newest first', paths: pages('/sessions', 50, 20) },
    { name: 'sessions of a course', paths: each(courses, (id) => `/sessions?courseId=${id}`) },
    { name: 'records of a session', paths: each(sessions, (id) => `/sessions/${id}/attendance`) },
    { name: 'attendance of a course', paths: each(courses, (id) => `/attendance/course/${id}`) },
    { name: 'attendance of a student', paths: each(students, (id) => `/attendance/student/${id}`) },
    {
      name: 'attendance stats',
      paths: days.slice(0, 40).map((day) => `/attendance/stats?from=${day}&to=${today}`),
    },
    {
      name: 'attendance stats of a course',
      paths: each(courses, (id) => `/attendance/stats?from=${days.at(-1)}&to=${today}&courseId=${id}`),
    },
    { name: 'ledger', paths: pages('/events', 50, 20) },
    { name: 'ledger of a student', paths: each(students, (id) => `/events?studentId=${id}`) },
    { name: 'review queue', paths: pages('/attendance/review', 50, 5) },
    { name: 'notifications', paths: pages('/notifications', 50, 20) },
    { name: 'audit log', paths: pages('/audit', 50, 20) },
    { name: 'report: daily', paths: days.map((day) => `/reports/attendance/daily?day=${day}`) },
    { name: 'report: weekly', paths: days.map((day) => `/reports/attendance/weekly?day=${day}`) },
    { name: 'report: monthly', paths: days.map((day) => `/reports/attendance/monthly?day=${day}`) },
    {
      name: 'report: by course',
      paths: days.slice(0, 40).map((day) => `/reports/attendance/courses?until=${day}`),
    },
    {
      name: 'report: by student',
      paths: days.slice(0, 40).map((day) => `/reports/attendance/students?until=${day}&sort=rate`),
    },
    {
      name: 'report: by teacher',
      paths: days.slice(0, 40).map((day) => `/reports/attendance/teachers?until=${day}`),
    },
    {
      name: 'report: by department',
      paths: days.slice(0, 40).map((day) => `/reports/attendance/departments?until=${day}`),
    },
    { name: 'report: one course', paths: each(courses, (id) => `/reports/attendance/courses/${id}`) },
    { name: 'report: one student', paths: each(students, (id) => `/reports/attendance/students/${id}`) },
    { name: 'report: one teacher', paths: each(teachers, (id) => `/reports/attendance/teachers/${id}`) },
    {
      name: 'report: one department',
      paths: Array.from(
        { length: 12 },
        (_, at) => `/reports/attendance/departments/${encodeURIComponent(`Bölüm ${at}`)}`,
      ),
    },
    { name: 'report: absences', paths: pages('/reports/absences', 50, 40) },
    {
      name: 'report: absences, warnings',
      paths: pages('/reports/absences?warningsOnly=true&sort=streak', 50, 40),
    },
    { name: 'report: accuracy', paths: days.slice(0, 40).map((day) => `/reports/accuracy?until=${day}`) },
    {
      name: 'report: engagement of a course',
      paths: each(courses, (id) => `/reports/engagement/course/${id}`),
    },
    { name: 'exports that were asked for', paths: ['/reports/exports'] },
  ];
}

async function measure(
  child: ChildProcess,
  url: string,
  api: Api,
  target: Target,
  seconds: number,
): Promise<LoadFigure> {
  const run = (paths: readonly string[], time: number) => load(url, api.token ?? '', paths, time);
  child.send({ cache: false });
  await run(target.paths, Math.min(0.5, seconds / 4));
  const uncached = await run(target.paths, seconds);
  child.send({ cache: true });
  const few = target.paths.slice(0, 8);
  await run(few, 0.3);
  const cached = await run(few, Math.max(1, seconds / 2));
  const kept = cached.p50 < uncached.p50 / 2 || cached.p95 < BUDGET_MS.cached;
  const { bytes, ...figures } = uncached;
  const { bytes: _, ...again } = cached;
  const figure = {
    name: target.name,
    path: target.paths[0]!,
    uncached: figures,
    cached: kept ? again : null,
    bytes,
  };
  process.stderr.write(`  ${target.name}: ${figures.p95.toFixed(1)} ms, ${again.p95.toFixed(1)} ms cached\n`);
  return figure;
}

/** As many requests as go over 8 connections, each sending the next when it has been answered. */
async function load(url: string, token: string, paths: readonly string[], seconds: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const until = performance.now() + seconds * 1000;
  const times: number[] = [];
  let next = 0;
  let bytes = 0;
  const began = performance.now();
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      const path = paths[next++ % paths.length]!;
      const started = performance.now();
      const answer = await get(agent, `${url}/api/v1${path}`, token);
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text.slice(0, 300)}`);
      times.push(performance.now() - started);
      bytes = answer.bytes;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  agent.destroy();
  const perSecond = times.length / ((performance.now() - began) / 1000);
  return { p50: percentile(times, 0.5), p95: percentile(times, 0.95), perSecond, bytes };
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
  child.on('message', (message: LoadReady | LoadPlan) => {
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

export function printLoad({ counts, seedSeconds, endpoints, plans }: LoadFigures): string {
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
    'per s',
    'bytes',
  ];
  return [
    `${institutions} institutions, ${students} students, ${courses} courses, ${sessions} sessions, ${records} records, ${events} events (${seeded});`,
    `${CONNECTIONS} connections as the administrator of an institution with a fifth of all students`,
    '',
    table(head, rows),
    '',
    ...plans.map(({ name, ms, text }) => `### ${name}: ${ms.toFixed(1)} ms\n\n${text}\n`),
  ].join('\n');
}
