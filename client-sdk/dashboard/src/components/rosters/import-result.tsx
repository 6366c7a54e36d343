import { CircleAlert, CircleCheck, Info, ListChecks } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import type { ImportLine, RosterImport } from '../../../../src/index.ts';
import { number } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { errorCodeText, lineProblemText } from '../../state/errors.ts';
import { announce } from '../../state/notices.ts';
import { usePolling } from '../../state/polling.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { DataTable } from '../data-table.tsx';
import { Confirm } from '../dialog.tsx';
import { Banner, EmptyState, ErrorBanner, LoadFailed, Skeleton, type Tone } from '../feedback.tsx';
import { Pager } from '../pager.tsx';
import { Progress } from '../progress.tsx';

const OUTCOMES = ['error', 'create', 'update', 'archive', 'unchanged'] as const;
type Outcome = (typeof OUTCOMES)[number];
const TONES: Record<Outcome, Tone> = {
  error: 'bad',
  create: 'good',
  update: 'accent',
  archive: 'warn',
  unchanged: 'still',
};

interface ImportResultProps {
  made: RosterImport;
  onChanged(made: RosterImport): void;
  onLeft(): void;
}

/** One import from being read to being applied. */
export function ImportResult({ made, onChanged, onLeft }: ImportResultProps) {
  const working = made.status === 'checking' || made.status === 'applying';
  usePolling(async () => onChanged(await client.imports.get(made.id)), working, 700);
  const wrong = made.counts.error ?? 0;
  useEffect(() => {
    if (made.status === 'checked')
      announce(t('imports.checkedSaid', { count: made.counts.lines ?? 0, wrong: number(wrong) }));
    if (made.status === 'applied') announce(t('imports.applied'));
  }, [made.status, made.counts.lines, wrong]);
  return (
    <section class="stack" aria-labelledby="import-title">
      <div class="row wrap">
        <h2 id="import-title" class="grow">
          {made.name ?? t('imports.untitled')}
        </h2>
        <button type="button" class="button" onClick={onLeft}>
          {t('imports.another')}
        </button>
      </div>
      {working && (
        <div class="card padded">
          <Progress label={t(`imports.state.${made.status}`)} value={made.progress} />
        </div>
      )}
      {made.status === 'failed' && (
        <Banner tone="bad" icon={CircleAlert} role="alert">
          {errorCodeText(made.error ?? 'import-failed')}
        </Banner>
      )}
      {made.status === 'applied' && (
        <Banner tone="good" icon={CircleCheck}>
          <strong>{t('imports.applied')}</strong> {t('imports.appliedHint')}
        </Banner>
      )}
      {made.status === 'checked' && <Apply made={made} onChanged={onChanged} />}
      {(made.status === 'checked' || made.status === 'applied') && <Lines made={made} />}
    </section>
  );
}

function Apply({ made, onChanged }: Pick<ImportResultProps, 'made' | 'onChanged'>) {
  const [asking, setAsking] = useState(false);
  const wrong = made.counts.error ?? 0;
  const effective = (made.counts.create ?? 0) + (made.counts.update ?? 0) + (made.counts.archive ?? 0);
  const action = useAction(async () => {
    onChanged(await client.imports.apply(made.id, wrong > 0));
    setAsking(false);
  });
  const ignored = made.details.ignoredColumns;
  return (
    <>
      <Banner tone={wrong > 0 ? 'warn' : 'accent'} icon={Info}>
        <div class="row wrap">
          <span class="grow">
            {made.error && <strong>{errorCodeText(made.error)} </strong>}
            {effective === 0
              ? t('imports.nothing')
              : wrong > 0
                ? t('imports.someWrong', { count: wrong })
                : t('imports.allRight', { count: effective })}
            {Array.isArray(ignored) && ignored.length > 0 && (
              <> {t('imports.ignored', { columns: ignored.join(', ') })}</>
            )}
          </span>
          <button
            type="button"
            class="button primary"
            disabled={effective === 0 || action.busy}
            onClick={() => (wrong > 0 ? setAsking(true) : action.start())}
          >
            {action.busy && <span class="spinner" />}
            {t('imports.apply')}
          </button>
        </div>
      </Banner>
      {!asking && <ErrorBanner error={action.error} />}
      {asking && (
        <Confirm
          title={t('imports.skipTitle')}
          body={
            <>
              <p>{t('imports.skipBody', { count: wrong, rest: number(effective) })}</p>
              <ErrorBanner error={action.error} />
            </>
          }
          confirm={t('imports.skipConfirm')}
          busy={action.busy}
          onConfirm={() => action.start()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

const PAGE = 100;

function Lines({ made }: { made: RosterImport }) {
  const wrong = made.counts.error ?? 0;
  const [outcome, setOutcome] = useState<Outcome | null>(wrong > 0 ? 'error' : null);
  const [skip, setSkip] = useState(0);
  const lines = useResource(
    () => client.imports.lines(made.id, { ...(outcome ? { outcome } : {}), skip, limit: PAGE }),
    [made.id, made.status, outcome, skip],
  );
  const choose = (next: Outcome | null) => {
    setOutcome(next);
    setSkip(0);
  };
  const { data, error } = lines;
  return (
    <>
      <fieldset class="filter-chips" aria-label={t('imports.filter')}>
        <button type="button" aria-pressed={outcome === null} onClick={() => choose(null)}>
          {t('imports.all')} <strong class="tabular">{number(made.counts.lines ?? 0)}</strong>
        </button>
        {OUTCOMES.map((one) => (
          <button
            type="button"
            key={one}
            aria-pressed={outcome === one}
            data-tone={TONES[one]}
            onClick={() => choose(one)}
          >
            {t(`imports.outcome.${one}`)} <strong class="tabular">{number(made.counts[one] ?? 0)}</strong>
          </button>
        ))}
      </fieldset>
      {!data && (error ? <LoadFailed error={error} retry={lines.reload} /> : <Skeleton />)}
      {data && data.total === 0 && (
        <div class="card">
          <EmptyState icon={ListChecks} title={t('imports.noLines')} />
        </div>
      )}
      {data && data.total > 0 && (
        <div class="card padded stack">
          <DataTable
            caption={t('imports.lines')}
            rows={data.items}
            keyOf={(line) => String(line.seq)}
            columns={[
              {
                id: 'line',
                label: t('imports.line'),
                cell: (line) => (
                  <span class="tabular">
                    {made.format === 'oneroster' && <span class="small muted">{line.file} </span>}
                    {number(line.line)}
                  </span>
                ),
              },
              { id: 'entity', label: t('imports.what'), cell: (line) => t(`imports.one.${line.entity}`) },
              { id: 'key', label: t('imports.key'), cell: (line) => line.key },
              { id: 'outcome', label: t('imports.would'), cell: (line) => <OutcomeChip line={line} /> },
              {
                id: 'problem',
                label: t('imports.problem'),
                cell: (line) =>
                  line.code && <span class="wrap-anywhere">{lineProblemText(line.code, line.message)}</span>,
              },
            ]}
          />
          <Pager page={data} onSkip={setSkip} />
        </div>
      )}
    </>
  );
}

function OutcomeChip({ line }: { line: ImportLine }) {
  if (!line.outcome) return null;
  return (
    <span class="chip" data-tone={TONES[line.outcome]}>
      {t(`imports.outcome.${line.outcome}`)}
    </span>
  );
}
