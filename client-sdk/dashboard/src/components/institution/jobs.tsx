import { CircleCheck, Play, RotateCw, Trash2 } from 'lucide';
import { useState } from 'preact/hooks';
import type { JobOverview } from '../../../../src/index.ts';
import { weekdayText } from '../../i18n/days.ts';
import { dateTime, number } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { jobName } from '../../state/job-name.ts';
import { notify } from '../../state/notices.ts';
import { usePolling } from '../../state/polling.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { type Column, DataTable } from '../data-table.tsx';
import { Banner, EmptyState, ErrorBanner, LoadFailed, Skeleton, type Tone } from '../feedback.tsx';
import { Icon } from '../icon.tsx';
import { Pager } from '../pager.tsx';
import { Progress } from '../progress.tsx';

const REFRESH_MS = 5_000;

/** What the server does by itself, what is under way, and what has failed for good. */
export function Jobs() {
  const overview = useResource(() => client.jobs.overview(), []);
  usePolling(overview.reload, true, REFRESH_MS);
  const { data, error } = overview;
  if (!data) return error ? <LoadFailed error={error} retry={overview.reload} /> : <Skeleton />;
  return (
    <>
      {!data.queue.available && (
        <Banner tone="bad" icon={CircleCheck} role="alert">
          {t('jobs.unavailable')}
        </Banner>
      )}
      {data.running.length > 0 && (
        <section class="card padded stack" aria-labelledby="running-title">
          <h2 id="running-title">{t('jobs.running')}</h2>
          {data.running.map((job) => (
            <Progress key={job.id ?? job.kind} label={t(`jobs.kind.${job.kind}`)} value={job.progress} />
          ))}
        </section>
      )}
      <DeadLetters onChanged={overview.reload} />
      <Schedule schedule={data.schedule} onRun={overview.reload} />
      <section class="card padded stack" aria-labelledby="queues-title">
        <h2 id="queues-title">{t('jobs.queues')}</h2>
        <p class="small muted">
          {t('jobs.outbox', {
            count: data.outbox.waiting,
            seconds: number(Math.round(data.outbox.lagSeconds)),
          })}
        </p>
        <DataTable
          caption={t('jobs.queues')}
          rows={data.queue.queues}
          keyOf={(queue) => queue.name}
          columns={[
            { id: 'name', label: t('jobs.job'), cell: (queue) => jobName(queue.name) },
            ...(['waiting', 'active', 'delayed', 'failed'] as const).map((id) => ({
              id,
              label: t(`jobs.${id}`),
              numeric: true,
              cell: (queue: JobOverview['queue']['queues'][number]) => number(queue[id]),
            })),
          ]}
        />
      </section>
    </>
  );
}

type Scheduled = JobOverview['schedule'][number];
type Run = NonNullable<Scheduled['last']>;
const TONES: Record<Run['status'], Tone> = { queued: 'calm', running: 'accent', done: 'good', failed: 'bad' };

function Schedule({ schedule, onRun }: { schedule: Scheduled[]; onRun(): Promise<void> }) {
  const run = useAction(async (name: string) => {
    await client.jobs.run(name);
    notify(t('jobs.started', { name: jobName(name) }));
    await onRun();
  });
  const columns: Column<Scheduled>[] = [
    { id: 'name', label: t('jobs.job'), cell: (job) => jobName(job.name) },
    {
      id: 'at',
      label: t('jobs.at'),
      cell: (job) => `${job.weekday === null ? t('jobs.everyDay') : weekdayText(job.weekday)} ${job.at}`,
    },
    { id: 'next', label: t('jobs.next'), cell: (job) => dateTime(job.next) },
    { id: 'last', label: t('jobs.last'), cell: ({ last }) => (last ? <LastRun run={last} /> : '–') },
    {
      id: 'do',
      label: t('accounts.actions'),
      quiet: true,
      cell: (job) =>
        !job.machine && (
          <button
            type="button"
            class="button small"
            aria-label={t('jobs.run', { name: jobName(job.name) })}
            disabled={run.busy}
            onClick={() => run.start(job.name)}
          >
            <Icon of={Play} size={15} />
            {t('jobs.runShort')}
          </button>
        ),
    },
  ];
  return (
    <section class="card padded stack" aria-labelledby="schedule-title">
      <h2 id="schedule-title">{t('jobs.schedule')}</h2>
      <ErrorBanner error={run.error} />
      <DataTable caption={t('jobs.schedule')} rows={schedule} keyOf={(job) => job.name} columns={columns} />
    </section>
  );
}

function LastRun({ run }: { run: Run }) {
  return (
    <span class="row wrap">
      <span class="chip" data-tone={TONES[run.status]}>
        {t(`jobs.state.${run.status}`)}
      </span>
      <span class="small muted">{dateTime(run.finishedAt ?? run.startedAt)}</span>
      {run.error && <span class="small wrap-anywhere">{run.error}</span>}
    </span>
  );
}

const PAGE = 20;

function DeadLetters({ onChanged }: { onChanged(): Promise<void> }) {
  const [skip, setSkip] = useState(0);
  const dead = useResource(() => client.jobs.dead({ skip, limit: PAGE }), [skip]);
  const change = useAction(async (id: string, what: 'retry' | 'remove') => {
    if (what === 'retry') await client.jobs.retryDead(id);
    else await client.jobs.removeDead(id);
    await Promise.all([dead.reload(), onChanged()]);
    notify(t(what === 'retry' ? 'jobs.retried' : 'jobs.forgotten'));
  });
  const { data } = dead;
  return (
    <section class="card padded stack" aria-labelledby="dead-title">
      <div class="stack tight">
        <h2 id="dead-title">{t('jobs.dead')}</h2>
        <p class="small muted">{t('jobs.deadLead')}</p>
      </div>
      <ErrorBanner error={dead.error ?? change.error} />
      {!data && !dead.error && <Skeleton rows={1} />}
      {data?.total === 0 && <EmptyState icon={CircleCheck} title={t('jobs.noneDead')} />}
      {data && data.total > 0 && (
        <DataTable
          caption={t('jobs.dead')}
          rows={data.items}
          keyOf={(letter) => letter.id}
          columns={[
            { id: 'name', label: t('jobs.job'), cell: (letter) => jobName(letter.name) },
            { id: 'at', label: t('jobs.failedAt'), cell: (letter) => dateTime(letter.failedAt) },
            {
              id: 'attempts',
              label: t('jobs.attempts'),
              numeric: true,
              cell: (letter) => number(letter.attempts),
            },
            {
              id: 'error',
              label: t('imports.problem'),
              cell: (letter) => <span class="wrap-anywhere">{letter.error}</span>,
            },
            {
              id: 'do',
              label: t('accounts.actions'),
              quiet: true,
              cell: (letter) => (
                <span class="row nowrap">
                  <button
                    type="button"
                    class="button small"
                    aria-label={t('jobs.retry', { name: jobName(letter.name) })}
                    disabled={change.busy}
                    onClick={() => change.start(letter.id, 'retry')}
                  >
                    <Icon of={RotateCw} size={15} />
                    {t('app.retry')}
                  </button>
                  <button
                    type="button"
                    class="button quiet icon small"
                    aria-label={t('jobs.forget', { name: jobName(letter.name) })}
                    title={t('jobs.forget', { name: jobName(letter.name) })}
                    disabled={change.busy}
                    onClick={() => change.start(letter.id, 'remove')}
                  >
                    <Icon of={Trash2} size={15} />
                  </button>
                </span>
              ),
            },
          ]}
        />
      )}
      {data && <Pager page={data} onSkip={setSkip} />}
    </section>
  );
}
