import { type Static, Type } from 'typebox';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';

const Counts = Type.Record(Type.String(), Type.Unknown(), {
  description: 'What the run counted; never names anybody.',
});

export const JobRun = Type.Object(
  {
    name: Type.String(),
    period: Type.String({ description: 'The local day or ISO week that it was for.' }),
    status: OneOf(['queued', 'running', 'done', 'failed']),
    attempts: Type.Integer(),
    startedAt: Instant('Of the last attempt; while it waits, when it was put into the queue.'),
    finishedAt: Nullable(Instant('When it ended.')),
    error: Nullable(Type.String()),
    result: Counts,
  },
  { title: 'JobRun' },
);

const ScheduledJob = Type.Object(
  {
    name: Type.String(),
    machine: Type.Boolean({ description: 'Once for the whole server, not for each institution.' }),
    at: Type.String({ description: 'Local time.' }),
    weekday: Nullable(Type.Integer({ description: '1 is Monday, 7 Sunday; null: every day.' })),
    next: Instant('When it runs next.'),
    last: Nullable(JobRun),
  },
  { title: 'ScheduledJob' },
);

const Queue = Type.Object(
  {
    name: Type.String(),
    waiting: Type.Integer(),
    active: Type.Integer(),
    delayed: Type.Integer({ description: 'Not due yet, or waiting for another attempt.' }),
    failed: Type.Integer(),
  },
  { title: 'JobQueue' },
);

const LongJob = Type.Object(
  {
    kind: OneOf(['report', 'import', 'backup']),
    id: Nullable(Uuid('Of the report or import.')),
    status: Type.String(),
    progress: Type.Number({ minimum: 0, maximum: 1 }),
    startedAt: Nullable(Instant('Since when.')),
  },
  { title: 'LongJob' },
);

const run = {
  name: 'retention',
  period: '2026-11-21',
  status: 'done' as const,
  attempts: 1,
  startedAt: '2026-11-21T23:30:00.000Z',
  finishedAt: '2026-11-21T23:30:02.000Z',
  error: null,
  result: { removed: { 'expired-files': 3 }, failed: {} },
};

export const JobOverview = Type.Object(
  {
    queue: Type.Object({
      kind: OneOf(['bull', 'pg-boss'], 'Bull on Redis, or pg-boss in the database.'),
      available: Type.Boolean({ description: 'While it is not, jobs wait in the outbox; none is lost.' }),
      queues: Type.Array(Queue, { description: 'Of the whole server; empty while it cannot be asked.' }),
    }),
    outbox: Type.Object({
      waiting: Type.Integer({ description: 'Due and not carried out yet.' }),
      dead: Type.Integer({ description: 'Given up.' }),
      lagSeconds: Type.Number({ description: 'Age of the oldest that is due.' }),
    }),
    schedule: Type.Array(ScheduledJob),
    running: Type.Array(LongJob, { description: 'What takes long and is under way, with its progress.' }),
    runs: Type.Array(JobRun, { description: 'The last 50.' }),
  },
  {
    title: 'JobOverview',
    examples: [
      {
        queue: {
          kind: 'pg-boss',
          available: true,
          queues: [{ name: 'retention', waiting: 0, active: 0, delayed: 0, failed: 0 }],
        },
        outbox: { waiting: 0, dead: 0, lagSeconds: 0 },
        schedule: [
          {
            name: 'retention',
            machine: false,
            at: '02:30',
            weekday: null,
            next: '2026-11-22T23:30:00.000Z',
            last: run,
          },
        ],
        running: [],
        runs: [run],
      },
    ],
  },
);
export type JobOverview = Static<typeof JobOverview>;

export const JobParams = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100, description: 'As in `GET /jobs`, under `schedule`.' }),
});

export const JobStarted = Type.Object(
  { name: Type.String(), period: Type.String() },
  { title: 'JobStarted', examples: [{ name: 'retention', period: '2026-11-21' }] },
);

export const DeadLetter = Type.Object(
  {
    id: Uuid('The failed job or event.'),
    kind: OneOf(['job', 'event'], 'A job of the queue, or an event whose consumers failed.'),
    name: Type.String({ description: 'Of the job, or type of the event.' }),
    error: Type.String({ description: 'Of the last attempt.' }),
    attempts: Type.Integer(),
    failedAt: Instant('Of the last attempt.'),
  },
  { title: 'DeadLetter' },
);

const dead = {
  id: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1b01',
  kind: 'job' as const,
  name: 'notifications.deliver',
  error: 'connect ECONNREFUSED 192.0.2.25:587',
  attempts: 5,
  failedAt: '2026-11-21T15:04:05.000Z',
};

export const DeadLetterQuery = Type.Object({
  ...PageQuery,
  name: Type.Optional(Type.String({ maxLength: 100, description: 'Only of this job or event.' })),
});
export const DeadLetterList = ListOf(DeadLetter, 'DeadLetterList');
Object.assign(DeadLetterList, { examples: [{ total: 1, skip: 0, limit: 50, items: [dead] }] });

const Backup = Type.Object(
  {
    name: Type.String({ description: 'Of the file in BACKUP_DIR.' }),
    bytes: Type.Integer(),
    createdAt: Instant('When it was made.'),
  },
  { title: 'Backup' },
);

export const BackupList = Type.Object(
  { items: Type.Array(Backup, { description: 'The newest first.' }) },
  {
    title: 'BackupList',
    examples: [
      {
        items: [
          {
            name: 'yoklama-20261121-000000-000.backup',
            bytes: 48_213_377,
            createdAt: '2026-11-21T00:00:00.000Z',
          },
        ],
      },
    ],
  },
);
