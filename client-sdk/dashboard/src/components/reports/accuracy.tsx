import { ScanFace } from 'lucide';
import { useState } from 'preact/hooks';
import type { AccuracyReport } from '../../../../src/index.ts';
import { number, percent } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { useDelayed, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { EmptyState, LoadFailed, Skeleton } from '../feedback.tsx';
import { ExportButtons } from './export-buttons.tsx';
import { isRange, lately, RangeFilter } from './range-filter.tsx';

const COUNTS = [
  'kept',
  'timeCorrected',
  'correctedAway',
  'rejected',
  'missed',
  'reviewsConfirmed',
  'reviewsRejected',
  'reviewsOpen',
] as const;
const SHARES = ['precision', 'recall', 'reviewPrecision'] as const;

/** How often the camera was right, by what people corrected afterwards. */
export function Accuracy() {
  const [range, setRange] = useState(lately);
  const asked = useDelayed(range);
  const of = isRange(asked) ? asked : lately();
  const report = useResource(() => client.reports.accuracy(of), [of.from, of.until]);
  const { data, error } = report;
  return (
    <>
      <div class="card padded filters">
        <RangeFilter range={range} onRange={setRange} />
      </div>
      <ExportButtons key={JSON.stringify(of)} report="accuracy" params={of} />
      {!data && (error ? <LoadFailed error={error} retry={report.reload} /> : <Skeleton />)}
      {data && <Figures report={data} />}
    </>
  );
}

function Figures({ report }: { report: AccuracyReport }) {
  if (COUNTS.every((name) => report[name] === 0)) {
    return (
      <div class="card">
        <EmptyState icon={ScanFace} title={t('accuracy.none')} hint={t('accuracy.noneHint')} />
      </div>
    );
  }
  return (
    <>
      <dl class="report-figures">
        {SHARES.map((name) => {
          const share = report[name];
          return (
            <div class="card padded main" key={name}>
              <dt>{t(`accuracy.${name}`)}</dt>
              <dd>{share === null ? '–' : percent(share)}</dd>
              <dd class="small muted">{t(`accuracy.${name}Hint`)}</dd>
            </div>
          );
        })}
      </dl>
      <dl class="card padded details counted">
        {COUNTS.map((name) => (
          <div key={name}>
            <dt>{t(`accuracy.${name}`)}</dt>
            <dd class="tabular">{number(report[name])}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
