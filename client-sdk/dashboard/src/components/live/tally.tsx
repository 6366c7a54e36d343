import type { AttendanceStatus } from '../../../../src/index.ts';
import { number } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import type { StatusCounts } from '../../state/live-store.ts';
import { Icon } from '../icon.tsx';
import { STATUS_ICON } from '../people.tsx';

const ORDER: AttendanceStatus[] = ['present', 'late', 'excused', 'absent', 'pending'];

interface TallyProps {
  counts: StatusCounts;
  filter: AttendanceStatus | null;
  onFilter(filter: AttendanceStatus | null): void;
}

/** The roll in five numbers; each is also the filter for the list. */
export function Tally({ counts, filter, onFilter }: TallyProps) {
  return (
    <fieldset class="tally" aria-label={t('roster.filter')}>
      {ORDER.map((status) => (
        <button
          type="button"
          key={status}
          data-status={status}
          aria-pressed={filter === status}
          onClick={() => onFilter(filter === status ? null : status)}
        >
          <strong>{number(counts[status])}</strong>
          <span>
            <Icon of={STATUS_ICON[status]} size={14} />
            <span class="truncate">
              {status === 'pending' ? t('statusShort.pending') : t(`status.${status}`)}
            </span>
          </span>
        </button>
      ))}
    </fieldset>
  );
}
