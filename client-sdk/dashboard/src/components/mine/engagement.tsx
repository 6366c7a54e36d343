import type { EngagementReport } from '../../../../src/index.ts';
import { dayShort } from '../../i18n/days.ts';
import { percent } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { DataTable } from '../data-table.tsx';
import { LoadFailed, Skeleton } from '../feedback.tsx';

type Day = EngagementReport['days'][number];

const share = (value: number | null) => (value === null ? '–' : percent(value));

/** The same figures that the teacher sees, with what they do not say. */
export function MyEngagement({ studentId, version }: { studentId: string; version: string }) {
  const report = useResource(() => client.students.engagement(studentId), [studentId, version]);
  const { data } = report;
  const total = data?.total;
  return (
    <section class="card padded stack" aria-labelledby="engagement-title">
      <div class="stack tight">
        <h2 id="engagement-title">{t('mine.attention')}</h2>
        <p class="small muted">{t('mine.attentionLead')}</p>
      </div>
      {!data &&
        (report.error ? <LoadFailed error={report.error} retry={report.reload} /> : <Skeleton rows={1} />)}
      {data && !total && <p class="muted">{t('mine.attentionNone')}</p>}
      {data && total && (
        <>
          <dl class="figures tabular">
            <div>
              <dt>{t('mine.attentionValue')}</dt>
              <dd>{total.attention === null ? t('mine.attentionUnknown') : percent(total.attention)}</dd>
            </div>
            <div>
              <dt>{t('mine.attentionCoverage')}</dt>
              <dd>{percent(total.coverage)}</dd>
            </div>
            <div>
              <dt>{t('mine.attentionPresence')}</dt>
              <dd>{percent(total.presence)}</dd>
            </div>
          </dl>
          <p class="small muted">
            {t('mine.attentionSessions', { count: total.sessions })}
            {total.band && ` · ${t('attention.bandOf', { band: t(`attention.band.${total.band}`) })}`}
          </p>
          <details>
            <summary>{t('mine.byDay')}</summary>
            <DataTable<Day>
              caption={t('mine.attention')}
              keyOf={(row) => row.day}
              rows={data.days}
              columns={[
                { id: 'day', label: t('mine.day'), cell: (row) => dayShort(row.day) },
                {
                  id: 'attention',
                  label: t('mine.attentionValue'),
                  numeric: true,
                  cell: (row) => share(row.attention),
                },
                {
                  id: 'coverage',
                  label: t('mine.attentionCoverage'),
                  numeric: true,
                  cell: (row) => share(row.coverage),
                },
                {
                  id: 'presence',
                  label: t('mine.attentionPresence'),
                  numeric: true,
                  cell: (row) => share(row.presence),
                },
              ]}
            />
          </details>
        </>
      )}
    </section>
  );
}
