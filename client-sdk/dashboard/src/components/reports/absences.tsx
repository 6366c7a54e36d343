import { TriangleAlert, UserCheck } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import { daysText } from '../../i18n/days.ts';
import { number } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { useDelayed, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { DataTable } from '../data-table.tsx';
import { Banner, EmptyState, LoadFailed, Skeleton } from '../feedback.tsx';
import { Switch, TextField } from '../field.tsx';
import { Pager } from '../pager.tsx';
import { ExportButtons } from './export-buttons.tsx';
import { isRange, lately, RangeFilter } from './range-filter.tsx';

const PAGE = 50;

/** Who stays away how often, and who is warned about it. */
export function Absences() {
  const [range, setRange] = useState(lately);
  const [threshold, setThreshold] = useState('');
  const [warningsOnly, setWarningsOnly] = useState(false);
  const [skip, setSkip] = useState(0);
  const asked = useDelayed(range);
  const limit = Number(useDelayed(threshold));
  const count = Number.isInteger(limit) && limit >= 1 && limit <= 200 ? { threshold: limit } : {};
  // A file has the days that the page shows, also while a date is being typed.
  const of = { ...(isRange(asked) ? asked : lately()), ...count, ...(warningsOnly ? { warningsOnly } : {}) };
  useEffect(() => setSkip(0), [asked, limit, warningsOnly]);
  const found = useResource(
    () => client.reports.absences({ ...of, skip, limit: PAGE }),
    [asked.from, asked.until, limit, warningsOnly, skip],
  );
  const { data, error } = found;
  return (
    <>
      <div class="card padded filters">
        <RangeFilter range={range} onRange={setRange} />
        <TextField
          label={t('reports.threshold')}
          hint={t('reports.thresholdHint')}
          optional
          value={threshold}
          onValue={setThreshold}
          input={{ type: 'number', inputMode: 'numeric', min: 1, max: 200 }}
        />
        <Switch label={t('reports.warningsOnly')} checked={warningsOnly} onChange={setWarningsOnly} />
      </div>
      <ExportButtons key={JSON.stringify(of)} report="absences" params={of} />
      {!data && (error ? <LoadFailed error={error} retry={found.reload} /> : <Skeleton />)}
      {data && data.warnings > 0 && (
        <Banner tone="warn" icon={TriangleAlert}>
          {t('reports.warnings', { count: data.warnings })}
        </Banner>
      )}
      {data && data.total === 0 && (
        <div class="card">
          <EmptyState icon={UserCheck} title={t('reports.noAbsences')} />
        </div>
      )}
      {data && data.total > 0 && (
        <div class="card padded stack">
          <DataTable
            caption={t('reports.absences')}
            rows={data.items}
            keyOf={(line) => `${line.studentId} ${line.courseId}`}
            columns={[
              {
                id: 'student',
                label: t('reports.one.students'),
                cell: (line) => (
                  <>
                    <a href={`/students/${line.studentId}`}>{line.studentName}</a>{' '}
                    <span class="small muted tabular">{line.studentNumber}</span>
                  </>
                ),
              },
              {
                id: 'course',
                label: t('reports.one.courses'),
                cell: (line) => <a href={`/courses/${line.courseId}`}>{line.courseCode}</a>,
              },
              {
                id: 'absences',
                label: t('reports.absencesCount'),
                numeric: true,
                cell: (line) => number(line.absences),
              },
              {
                id: 'excused',
                label: t('status.excused'),
                numeric: true,
                cell: (line) => number(line.excused),
              },
              {
                id: 'streak',
                label: t('reports.streak'),
                numeric: true,
                cell: (line) => number(line.currentStreak),
              },
              {
                id: 'longest',
                label: t('reports.longest'),
                cell: (line) =>
                  line.longestFrom && line.longestUntil
                    ? `${number(line.longestStreak)} · ${daysText(line.longestFrom, line.longestUntil)}`
                    : number(line.longestStreak),
              },
              {
                id: 'warning',
                label: t('reports.warning'),
                cell: (line) =>
                  line.warning && (
                    <span class="chip" data-tone="warn">
                      {t('reports.warned', { threshold: line.threshold ?? 0 })}
                    </span>
                  ),
              },
            ]}
          />
          <Pager page={data} onSkip={setSkip} />
        </div>
      )}
    </>
  );
}
