import { Download, FolderDown } from 'lucide';
import { useState } from 'preact/hooks';
import type { ReportExport } from '../../../../src/index.ts';
import { dateTime, percent } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { usePolling } from '../../state/polling.ts';
import { useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { DataTable } from '../data-table.tsx';
import { EmptyState, LoadFailed, Skeleton, type Tone } from '../feedback.tsx';
import { Icon } from '../icon.tsx';
import { Pager } from '../pager.tsx';
import { ExportButtons, FORMATS } from './export-buttons.tsx';
import { isRange, lately, RangeFilter } from './range-filter.tsx';

const PAGE = 25;
const TONES: Record<ReportExport['status'], Tone> = {
  queued: 'calm',
  running: 'accent',
  done: 'good',
  failed: 'bad',
  expired: 'still',
};

/** Every mark of a time as a file, and the files that were made before. */
export function Files() {
  const [range, setRange] = useState(lately);
  return (
    <>
      <section class="card padded stack" aria-labelledby="marks-title">
        <div class="stack tight">
          <h2 id="marks-title">{t('exports.report.records')}</h2>
          <p class="small muted">{t('exports.recordsHint')}</p>
        </div>
        <div class="filters">
          <RangeFilter range={range} onRange={setRange} />
        </div>
        {isRange(range) && (
          <ExportButtons key={JSON.stringify(range)} report="records" params={{ ...range }} />
        )}
      </section>
      <Exports />
    </>
  );
}

/** Files that were made in the background, with their links while those last. */
function Exports() {
  const [skip, setSkip] = useState(0);
  const made = useResource(() => client.reports.exports({ skip, limit: PAGE }), [skip]);
  const { data, error } = made;
  const working = data?.items.some(({ status }) => status === 'queued' || status === 'running') ?? false;
  usePolling(made.reload, working, 2_000);
  if (!data) return error ? <LoadFailed error={error} retry={made.reload} /> : <Skeleton />;
  if (data.total === 0) {
    return (
      <div class="card">
        <EmptyState icon={FolderDown} title={t('exports.none')} hint={t('exports.noneHint')} />
      </div>
    );
  }
  return (
    <div class="card padded stack">
      <DataTable
        caption={t('exports.made')}
        rows={data.items}
        keyOf={(item) => item.id}
        columns={[
          {
            id: 'name',
            label: t('exports.file'),
            cell: (item) =>
              item.file ? (
                <a class="row" href={item.file.href} download={item.file.name}>
                  <Icon of={Download} size={16} />
                  {item.file.name}
                </a>
              ) : (
                `${t(`exports.report.${item.report}`)} · ${FORMATS[item.format].name}`
              ),
          },
          { id: 'asked', label: t('exports.asked'), cell: (item) => dateTime(item.createdAt) },
          {
            id: 'status',
            label: t('exports.status'),
            cell: (item) => (
              <span class="chip" data-tone={TONES[item.status]}>
                {t(`exports.state.${item.status}`)}
                {item.status === 'running' && ` ${percent(item.progress)}`}
              </span>
            ),
          },
          {
            id: 'until',
            label: t('exports.until'),
            cell: (item) => (item.expiresAt ? dateTime(item.expiresAt) : '–'),
          },
        ]}
      />
      <Pager page={data} onSkip={setSkip} />
    </div>
  );
}
