import { ChevronDown, Users } from 'lucide';
import type { RefObject } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { AttendanceStatus, MarkStatus, RosterEntry, StudentMetrics } from '../../../../src/index.ts';
import { clock, compare, foldForSearch } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import type { LiveStore } from '../../state/live-store.ts';
import { EmptyState } from '../feedback.tsx';
import { SearchField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { Menu } from '../menu.tsx';
import { Avatar, STATUS_ICON, StatusChip } from '../people.tsx';
import { BandMark } from './band.tsx';

type Row = RosterEntry & { status: AttendanceStatus };

interface RosterPanelProps {
  store: LiveStore;
  filter: AttendanceStatus | null;
  onFilter(filter: AttendanceStatus | null): void;
  search: RefObject<HTMLInputElement | null>;
}

export function RosterPanel({ store, filter, onFilter, search }: RosterPanelProps) {
  const [text, setText] = useState('');
  const rows = store.roster.value;
  const metrics = useMemo(
    () => new Map(store.view.value.metrics?.students.map((student) => [student.studentId, student])),
    [store.view.value.metrics],
  );
  const shown = useMemo(() => select(rows, filter, text), [rows, filter, text]);

  return (
    <section class="card roster-card" aria-labelledby="roster-title">
      <div class="panel-head">
        <h2 id="roster-title">{t('roster.title')}</h2>
        <span class="small muted tabular" role="status">
          {shown.length === rows.length
            ? t('roster.count', { count: rows.length })
            : t('roster.shown', { shown: shown.length, total: rows.length })}
        </span>
        <SearchField label={t('roster.search')} value={text} onValue={setText} inputRef={search} />
      </div>
      {/* Scrolls by itself on wide screens, so the keyboard must be able to reach it. */}
      <section class="roster-scroll" tabindex={0} aria-labelledby="roster-title">
        {rows.length === 0 && (
          <EmptyState icon={Users} title={t('roster.empty')} hint={t('roster.emptyHint')} />
        )}
        {rows.length > 0 && shown.length === 0 && (
          <EmptyState icon={Users} title={t('roster.nobody')}>
            <button
              type="button"
              class="button"
              onClick={() => {
                setText('');
                onFilter(null);
              }}
            >
              {t('roster.clear')}
            </button>
          </EmptyState>
        )}
        <ul class="list">
          {shown.map((row) => (
            <RosterRow
              key={row.studentId}
              row={row}
              metrics={metrics.get(row.studentId)}
              fresh={store.fresh.value.has(row.studentId)}
              onMark={(status) => store.correct(row.studentId, status)}
            />
          ))}
        </ul>
      </section>
    </section>
  );
}

function select(rows: readonly Row[], filter: AttendanceStatus | null, text: string): Row[] {
  const wanted = foldForSearch(text.trim());
  return rows
    .filter((row) => !filter || row.status === filter)
    .filter((row) => !wanted || foldForSearch(row.name).includes(wanted) || row.number.includes(wanted))
    .sort((a, b) => compare(a.name, b.name));
}

const CHOICES: MarkStatus[] = ['present', 'late', 'excused', 'absent'];

interface RosterRowProps {
  row: Row;
  metrics: StudentMetrics | undefined;
  fresh: boolean;
  onMark(status: MarkStatus): void;
}

function RosterRow({ row, metrics, fresh, onMark }: RosterRowProps) {
  return (
    <li class="roster-item" data-fresh={fresh} data-student={row.studentId} data-status={row.status}>
      <Avatar name={row.name} />
      <div class="who">
        <span class="name truncate">
          {row.name} <span class="number tabular">{row.number}</span>
        </span>
        <span class="detail tabular">
          <span>{detailOf(row)}</span>
          {metrics?.band && <BandMark band={metrics.band} short />}
        </span>
      </div>
      <Menu
        class="mark-button"
        label={t('roster.change', { name: row.name, status: t(`status.${row.status}`) })}
        groups={[
          {
            label: t('roster.changeTo'),
            entries: CHOICES.map((status) => ({
              id: status,
              label: t(`status.${status}`),
              icon: STATUS_ICON[status],
              chosen: status === row.status,
              run: () => {
                if (status !== row.status) onMark(status);
              },
            })),
          },
        ]}
      >
        <StatusChip status={row.status} />
        <Icon of={ChevronDown} size={16} />
      </Menu>
    </li>
  );
}

function detailOf({ record, status, hasFace }: Row): string {
  const parts: string[] = [];
  if (record?.firstSeenAt) parts.push(t('roster.seenAt', { time: clock(record.firstSeenAt) }));
  if (record?.correctedBy) parts.push(t('roster.correctedBy'));
  else if (record?.method && record.method !== 'face' && status !== 'pending') {
    parts.push(t(`roster.method.${record.method}`));
  }
  if (!hasFace && status === 'pending') parts.push(t('roster.noFace'));
  return parts.join(' · ');
}
