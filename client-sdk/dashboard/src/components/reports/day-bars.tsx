import type { AttendancePeriod } from '../../../../src/index.ts';
import { dayShort, dayText } from '../../i18n/days.ts';
import { number, percent } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { DataTable } from '../data-table.tsx';

type DayLine = AttendancePeriod['days'][number];

/** From the foot of a bar to its top. */
const STACK = ['present', 'late', 'excused', 'absent'] as const;

/** Marks of each day as a bar; the same figures follow as a table. */
export function DayBars({ days }: { days: readonly DayLine[] }) {
  const sumOf = (day: DayLine) => STACK.reduce((sum, status) => sum + day[status], 0);
  const most = Math.max(1, ...days.map(sumOf));
  return (
    <section class="card padded stack" aria-labelledby="by-day">
      <div class="row wrap">
        <h2 id="by-day" class="grow">
          {t('reports.byDay')}
        </h2>
        <ul class="legend">
          {STACK.map((status) => (
            <li key={status}>
              <i class={status} />
              {t(`status.${status}`)}
            </li>
          ))}
        </ul>
      </div>
      <div class="bars" aria-hidden="true">
        {days.map((day) => (
          <div key={day.day} class="bar" title={dayText(day.day)}>
            <span class="small tabular">{day.rate === null ? '' : percent(day.rate)}</span>
            <div class="stacked" style={{ height: `${(100 * sumOf(day)) / most}%` }}>
              {STACK.map((status) => (
                <i key={status} class={status} style={{ flexGrow: day[status] }} />
              ))}
            </div>
            <span class="small muted">{dayShort(day.day)}</span>
          </div>
        ))}
      </div>
      <details class="small">
        <summary>{t('attention.table')}</summary>
        <DataTable
          caption={t('reports.byDay')}
          rows={days}
          keyOf={(day) => day.day}
          columns={[
            { id: 'day', label: t('reports.day'), cell: (day) => dayText(day.day) },
            ...STACK.map((status) => ({
              id: status,
              label: t(`status.${status}`),
              numeric: true,
              cell: (day: DayLine) => number(day[status]),
            })),
            {
              id: 'rate',
              label: t('reports.rate'),
              numeric: true,
              cell: (day) => (day.rate === null ? '–' : percent(day.rate)),
            },
          ]}
        />
      </details>
    </section>
  );
}
