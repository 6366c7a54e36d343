import { Activity } from 'lucide';
import { useMemo } from 'preact/hooks';
import type { HistoryPoint, MetricsEvent } from '../../../../src/index.ts';
import { clock, percent } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { EmptyState } from '../feedback.tsx';
import { AttentionChart } from './attention-chart.tsx';
import { BandMark } from './band.tsx';
import { ClassMood } from './class-mood.tsx';

interface AttentionPanelProps {
  metrics: MetricsEvent | null;
  history: readonly HistoryPoint[];
}

const DASH = '–';

export function AttentionPanel({ metrics, history }: AttentionPanelProps) {
  const now = metrics?.class ?? null;
  const judged = history.some((point) => point.attention !== null);
  return (
    <section class="card" aria-labelledby="attention-title">
      <div class="panel-head">
        <h2 id="attention-title">{t('attention.title')}</h2>
        <span class="small muted">{t('attention.lead')}</span>
      </div>
      {!judged && !now?.attention ? (
        <EmptyState icon={Activity} title={t('attention.unknown')} hint={t('attention.none')} />
      ) : (
        <>
          <div class="attention-body">
            <dl class="attention-now">
              <div>
                <dt>{t('attention.now')}</dt>
                <dd>
                  <strong>{now?.attention == null ? DASH : percent(now.attention)}</strong>
                  {now?.band && (
                    <span class="small muted">
                      <BandMark band={now.band} />
                    </span>
                  )}
                </dd>
              </div>
              <div>
                <dt title={t('attention.coverageHint')}>{t('attention.coverage')}</dt>
                <dd class="tabular">{now ? percent(now.coverage) : DASH}</dd>
              </div>
              {now?.emotion && <ClassMood shares={now.emotion} />}
            </dl>
            <AttentionChart history={history} names={[t('attention.value'), t('attention.coverage')]} />
          </div>
          <AsText metrics={metrics} history={history} />
        </>
      )}
    </section>
  );
}

/** What the chart shows, for whoever cannot see it. */
function AsText({ metrics, history }: AttentionPanelProps) {
  const values = history.flatMap((point) => (point.attention === null ? [] : [point.attention]));
  const [first, last] = [history[0], history.at(-1)];
  const minutes = first && last ? Math.max(1, Math.round((last.atMs - first.atMs) / 60_000)) : 1;
  // Newest first; once a minute is enough to read.
  const rows = useMemo(
    () => history.filter((_, index) => (history.length - 1 - index) % 6 === 0).reverse(),
    [history],
  );
  return (
    <div class="attention-foot">
      {values.length > 0 && (
        <p class="visually-hidden">
          {t('attention.summary', {
            value: metrics?.class.attention == null ? DASH : percent(metrics.class.attention),
            low: percent(Math.min(...values)),
            high: percent(Math.max(...values)),
            minutes,
            coverage: metrics ? percent(metrics.class.coverage) : DASH,
          })}
        </p>
      )}
      <details>
        <summary>
          {t('attention.table')} · {t('attention.notGrade')}
        </summary>
        <section class="table-scroll" tabindex={0} aria-label={t('attention.chart')}>
          <table class="data-table">
            <caption class="visually-hidden">{t('attention.chart')}</caption>
            <thead>
              <tr>
                <th scope="col">{t('attention.time')}</th>
                <th scope="col">{t('attention.value')}</th>
                <th scope="col">{t('attention.coverage')}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((point) => (
                <tr key={point.atMs}>
                  <td>{clock(point.atMs)}</td>
                  <td>{point.attention === null ? DASH : percent(point.attention)}</td>
                  <td>{percent(point.coverage)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </div>
  );
}
