import { and, eq, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { newId } from '../db/ids.ts';
import { jobRuns, tenants } from '../db/schema/index.ts';
import type { Tx } from '../db/tenancy.ts';
import { type TenantSettings, tenantSettings } from '../features/tenants/settings.ts';
import { failureText, resultOf } from './attempt.ts';
import { enqueue } from './outbox.ts';
import { latestOccurrence, nextOccurrence, type Occurrence, type When } from './periods.ts';
import type { JobData, JobOptions } from './queue.ts';

/**
 * Work at a time of the day, in each institution's zone. A run is a row of `job_runs` for one institution and local
 * period, written together with the job that carries it out: it happens once, with several servers, after a restart,
 * on days of 23 and 25 hours, and when the clock is set back. What was missed while no server ran is caught up once
 * within 24 hours.
 */
export interface Schedule {
  /** Before `start`. The name is that of the job, too. */
  daily(name: string, when: ScheduledTime, handler: ScheduledHandler, options?: JobOptions): void;
  /**
   * Once for all institutions, in the zone that the server was set up with (`TIMEZONE`). Its runs belong to the first
   * institution, whose administrators run the machine.
   */
  machine(
    name: string,
    at: string,
    handler: ScheduledHandler,
    options?: JobOptions,
    /** Not by itself, only when somebody asks for it. */
    more?: { byHandOnly: boolean },
  ): void;
  start(): void;
  /** Looks for what is due now; the server does so all the time. */
  tick(): Promise<void>;
  /** What is scheduled, in the zone and by the settings of an institution; with the machine's for its `home`. */
  list(institution: Institution, home: boolean): ScheduledItem[];
  /** Runs it now for the current period, again if it has run. */
  runNow(tx: Tx, institution: Institution, name: string): Promise<ScheduledRun['period']>;
  has(name: string, home: boolean): boolean;
  /** The institution that the machine's own runs belong to. */
  home(): Promise<string | null>;
  close(): Promise<void>;
}

export interface ScheduledTime {
  /** `HH:MM`, or where an institution sets it itself. */
  at: string | ((settings: TenantSettings) => string);
  /** 1 is Monday, 7 Sunday: once a week. */
  weekday?: number | ((settings: TenantSettings) => number);
}

export interface ScheduledRun {
  tenantId: string;
  /** `2026-11-21`, or `2026-W47` of a weekly one. */
  period: string;
  /** The local day that it is for, `2026-11-21`. */
  day: string;
  signal: AbortSignal;
}
/** What it returns is kept with the run and shown to administrators: counts, no personal data. */
export type ScheduledHandler = (run: ScheduledRun) => Promise<Record<string, unknown>>;

export type Institution = Pick<typeof tenants.$inferSelect, 'id' | 'timezone' | 'settings'>;

export interface ScheduledItem {
  name: string;
  /** Once for the whole server. */
  machine: boolean;
  at: string;
  weekday: number | null;
  next: Date;
}

interface RunData extends JobData {
  period: string;
  day: string;
}

const TICK_MS = 10_000;
const CATCH_UP_MS = 24 * 3_600_000;
/** A run whose job is lost, with the queue's data for instance, is given to the queue again after this. */
const LOST_AFTER_MS = 3 * 3_600_000;

interface Entry {
  when: ScheduledTime;
  machine: boolean;
  byHandOnly?: boolean;
}

export function createSchedule(context: AppContext): Schedule {
  const { db, log, clock } = context;
  const entries = new Map<string, Entry>();
  /** What is known to have been started, so that a tick asks the database only for what is new. */
  let known = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  let ticking: Promise<void> | null = null;

  async function tickOnce(): Promise<void> {
    const now = clock.now();
    const institutions = await db.system((tx) =>
      tx
        .select({
          id: tenants.id,
          timezone: tenants.timezone,
          settings: tenants.settings,
          createdAt: tenants.createdAt,
        })
        .from(tenants)
        .where(eq(tenants.active, true))
        .orderBy(tenants.createdAt, tenants.id),
    );
    const home = institutions[0]?.id;
    const current = new Set<string>();
    for (const tenant of institutions) {
      const settings = tenantSettings(tenant);
      const due: { name: string; occurrence: Occurrence }[] = [];
      for (const [name, entry] of entries) {
        if (entry.byHandOnly || (entry.machine && tenant.id !== home)) continue;
        const occurrence = latestOccurrence(resolve(entry.when, settings), zoneOf(entry, tenant), now);
        const key = `${tenant.id} ${name} ${occurrence.period}`;
        current.add(key);
        if (known.has(key) || now - occurrence.atMs > CATCH_UP_MS) continue;
        // An institution made at noon has missed nothing this morning.
        if (occurrence.atMs >= tenant.createdAt.getTime()) due.push({ name, occurrence });
      }
      if (due.length > 0) await begin(tenant.id, due, now);
    }
    known = current;
  }

  async function begin(
    tenantId: string,
    due: { name: string; occurrence: Occurrence }[],
    now: number,
  ): Promise<void> {
    await db.tenant(tenantId, async (tx) => {
      for (const { name, occurrence } of due) {
        const { period, day } = occurrence;
        const [row] = await tx
          .insert(jobRuns)
          .values({
            id: newId(),
            tenantId,
            name,
            period,
            status: 'queued',
            attempts: 0,
            startedAt: new Date(now),
          })
          .onConflictDoUpdate({
            target: [jobRuns.tenantId, jobRuns.name, jobRuns.period],
            set: { startedAt: new Date(now) },
            setWhere: sql`${jobRuns.status} in ('queued', 'running')
              and ${jobRuns.startedAt} < ${new Date(now - LOST_AFTER_MS).toISOString()}::timestamptz`,
          })
          .returning({ id: jobRuns.id });
        if (row) await give(tx, tenantId, name, period, day);
      }
    });
  }

  const give = (tx: Tx, tenantId: string, name: string, period: string, day: string) =>
    enqueue(tx, tenantId, name, { period, day }, { key: `${tenantId}:${period}` });

  async function run(
    name: string,
    handler: ScheduledHandler,
    data: RunData,
    attempt: number,
    signal: AbortSignal,
  ) {
    const { tenantId, period, day } = data;
    const which = and(eq(jobRuns.name, name), eq(jobRuns.period, period));
    const started = await db.tenant(tenantId, (tx) =>
      tx
        .update(jobRuns)
        .set({
          status: 'running',
          attempts: attempt,
          error: null,
          startedAt: new Date(clock.now()),
          finishedAt: null,
        })
        .where(and(which, sql`${jobRuns.status} <> 'done'`))
        .returning({ id: jobRuns.id }),
    );
    // Delivered again after it had been done.
    if (started.length === 0) return {};
    try {
      const result = resultOf(await handler({ tenantId, period, day, signal }));
      await finish(tenantId, which, { status: 'done', result });
      return result;
    } catch (error) {
      await finish(tenantId, which, { status: 'failed', error: failureText(error) }).catch((problem) =>
        log.warn({ err: problem, job: name }, 'the end of a run could not be written'),
      );
      throw error;
    }
  }

  async function finish(
    tenantId: string,
    which: ReturnType<typeof and>,
    change: { status: 'done'; result: Record<string, unknown> } | { status: 'failed'; error: string },
  ): Promise<void> {
    await db.tenant(tenantId, (tx) =>
      tx
        .update(jobRuns)
        .set({ ...change, finishedAt: new Date(clock.now()) })
        .where(which),
    );
  }

  const zoneOf = (entry: Entry, tenant: Institution): string =>
    entry.machine ? context.config.seed.timezone : tenant.timezone;

  function add(name: string, entry: Entry, handler: ScheduledHandler, options: JobOptions = {}): void {
    if (timer) throw new Error(`${name} is scheduled after the schedule has started.`);
    entries.set(name, entry);
    context.queue.define<RunData>(name, options, ({ data, attempt, signal }) =>
      run(name, handler, data, attempt, signal),
    );
  }

  const schedule: Schedule = {
    daily: (name, when, handler, options) => add(name, { when, machine: false }, handler, options),
    machine: (name, at, handler, options, more) =>
      add(name, { when: { at }, machine: true, ...more }, handler, options),
    has: (name, home) => entries.has(name) && (home || !entries.get(name)!.machine),
    async home() {
      const [first] = await db.system((tx) =>
        tx
          .select({ id: tenants.id })
          .from(tenants)
          .where(eq(tenants.active, true))
          .orderBy(tenants.createdAt, tenants.id)
          .limit(1),
      );
      return first?.id ?? null;
    },
    start() {
      const tick = () =>
        void schedule
          .tick()
          .catch((error) => log.warn({ err: error }, 'the schedule could not be looked at'));
      timer ??= setInterval(tick, TICK_MS);
      tick();
    },
    tick() {
      ticking ??= tickOnce().finally(() => {
        ticking = null;
      });
      return ticking;
    },
    list(institution, home) {
      const settings = tenantSettings(institution);
      return [...entries]
        .filter(([, { machine, byHandOnly }]) => !byHandOnly && (home || !machine))
        .map(([name, entry]) => {
          const { at, weekday } = resolve(entry.when, settings);
          const next = nextOccurrence({ at, weekday }, zoneOf(entry, institution), clock.now());
          const { machine } = entry;
          return { name, machine, at, weekday: weekday ?? null, next: new Date(next.atMs) };
        });
    },
    async runNow(tx, institution, name) {
      const entry = entries.get(name)!;
      const when = resolve(entry.when, tenantSettings(institution));
      const { period, day } = latestOccurrence(when, zoneOf(entry, institution), clock.now());
      const tenantId = institution.id;
      const queued = {
        status: 'queued' as const,
        attempts: 0,
        startedAt: new Date(clock.now()),
        finishedAt: null,
      };
      await tx
        .insert(jobRuns)
        .values({ id: newId(), tenantId, name, period, ...queued })
        .onConflictDoUpdate({ target: [jobRuns.tenantId, jobRuns.name, jobRuns.period], set: queued });
      await give(tx, tenantId, name, period, day);
      return period;
    },
    async close() {
      if (timer) clearInterval(timer);
      await ticking?.catch(() => undefined);
    },
  };
  return schedule;
}

function resolve(when: ScheduledTime, settings: TenantSettings): When {
  const { at, weekday } = when;
  return {
    at: typeof at === 'function' ? at(settings) : at,
    weekday: typeof weekday === 'function' ? weekday(settings) : weekday,
  };
}
