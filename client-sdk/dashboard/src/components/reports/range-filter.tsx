import { addDays, type Day } from '../../i18n/day-steps.ts';
import { today } from '../../i18n/days.ts';
import { t } from '../../i18n/index.ts';
import { TextField } from '../field.tsx';

export interface Range {
  from: Day;
  until: Day;
}

/** The last thirty days, today with them. */
export const lately = (): Range => ({ from: addDays(today(), -29), until: today() });

export const isRange = ({ from, until }: Range) => from !== '' && until !== '' && from <= until;

export function RangeFilter({ range, onRange }: { range: Range; onRange(range: Range): void }) {
  const problem = isRange(range) ? null : t('reports.rangeWrong');
  return (
    <>
      <TextField
        label={t('reports.from')}
        value={range.from}
        onValue={(from) => onRange({ ...range, from })}
        problem={problem}
        input={{ type: 'date', max: range.until }}
      />
      <TextField
        label={t('reports.until')}
        value={range.until}
        onValue={(until) => onRange({ ...range, until })}
        input={{ type: 'date', min: range.from }}
      />
    </>
  );
}
