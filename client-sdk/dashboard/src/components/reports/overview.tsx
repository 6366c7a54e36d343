import { CalendarX, ChevronLeft, ChevronRight } from 'lucide';
import { useState } from 'preact/hooks';
import type { AttendancePeriod } from '../../../../src/index.ts';
import { addDays, addMonths, type Day } from '../../i18n/day-steps.ts';
import { daysText, today } from '../../i18n/days.ts';
import { number, percent } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { type Column, DataTable } from '../data-table.tsx';
import { EmptyState, LoadFailed, Skeleton } from '../feedback.tsx';
import { TextField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { SelectField } from '../select-field.tsx';
import { DayBars } from './day-bars.tsx';
import { ExportButtons } from './export-buttons.tsx';
import { Trend } from './trend.tsx';

const PERIODS = ['daily', 'weekly', 'monthly'] as const;
type Period = (typeof PERIODS)[number];

const LIST_AT_MOST = 200;

function step(period: Period, day: Day, by: 1 | -1): Day {
  if (period === 'monthly') return addMonths(day, by);
  return addDays(day, period === 'weekly' ? 7 * by : by);
}

/** Attendance of a day, a week or a month, against the one before. */
export function Overview() {
  const [period, setPeriod] = useState<Period>('weekly');
  const [day, setDay] = useState(today);
  const [courseId, setCourseId] = useState('');
  const courses = useResource(() => client.courses.list({ limit: LIST_AT_MOST, sort: 'name' }), []);
  const of = { day, ...(courseId ? { courseId } : {}) };
  const report = useResource(() => client.reports.period(period, of), [period, day, courseId]);
  const { data, error } = report;
  return (
    <>
      <div class="card padded filters">
        <SelectField
          label={t('reports.period')}
          value={period}
          onValue={setPeriod}
          options={PERIODS.map((value) => ({ value, label: t(`reports.${value}`) }))}
        />
        <TextField
          label={t('reports.day')}
          value={day}
          onValue={(next) => next && setDay(next)}
          input={{ type: 'date' }}
        />
        <SelectField
          label={t('sessions.course')}
          value={courseId}
          onValue={setCourseId}
          options={[
            { value: '', label: t('reports.allCourses') },
            ...(courses.data?.items ?? []).map((course) => ({
              value: course.id,
              label: `${course.code} · ${course.name}`,
            })),
          ]}
        />
      </div>
      <div class="row wrap">
        <div class="row period-head">
          <button
            type="button"
            class="button icon small"
            aria-label={t('reports.before')}
            onClick={() => setDay(step(period, day, -1))}
          >
            <Icon of={ChevronLeft} />
          </button>
          <h2 aria-live="polite">{data ? daysText(data.range.from, data.range.until) : t('app.loading')}</h2>
          <button
            type="button"
            class="button icon small"
            aria-label={t('reports.after')}
            disabled={data ? data.range.until >= today() : true}
            onClick={() => setDay(step(period, day, 1))}
          >
            <Icon of={ChevronRight} />
          </button>
        </div>
        <ExportButtons key={`${period} ${day} ${courseId}`} report={`attendance-${period}`} params={of} />
      </div>
      {!data && (error ? <LoadFailed error={error} retry={report.reload} /> : <Skeleton rows={3} />)}
      {data && <Figures report={data} />}
    </>
  );
}

function Figures({ report }: { report: AttendancePeriod }) {
  const { totals, previous } = report;
  if (totals.sessions === 0) {
    return (
      <div class="card">
        <EmptyState icon={CalendarX} title={t('reports.none')} hint={t('reports.noneHint')} />
      </div>
    );
  }
  return (
    <>
      <dl class="report-figures">
        <div class="card padded main">
          <dt>{t('reports.rate')}</dt>
          <dd>
            {totals.rate === null ? '–' : percent(totals.rate)} <Trend points={report.trend} />
          </dd>
          <dd class="small muted">
            {t('reports.rateBefore', {
              range: daysText(report.previousRange.from, report.previousRange.until),
              rate: previous.rate === null ? '–' : percent(previous.rate),
            })}
          </dd>
        </div>
        <Figure label={t('reports.sessions')} value={totals.sessions} />
        {(['present', 'late', 'excused', 'absent'] as const).map((status) => (
          <Figure key={status} label={t(`status.${status}`)} value={totals[status]} />
        ))}
      </dl>
      {report.days.length > 1 && <DayBars days={report.days} />}
      <section class="card padded stack" aria-labelledby="by-course">
        <h2 id="by-course">{t('reports.byCourse')}</h2>
        <DataTable
          caption={t('reports.byCourse')}
          rows={report.courses}
          keyOf={(course) => course.courseId}
          columns={[
            {
              id: 'name',
              label: t('sessions.course'),
              cell: (course) => (
                <a href={`/courses/${course.courseId}`}>{`${course.code} · ${course.name}`}</a>
              ),
            },
            ...countColumns(),
          ]}
        />
      </section>
      {report.departments.some((line) => line.department) && (
        <section class="card padded stack" aria-labelledby="by-department">
          <h2 id="by-department">{t('reports.byDepartment')}</h2>
          <DataTable
            caption={t('reports.byDepartment')}
            rows={report.departments}
            keyOf={(line) => line.department ?? ''}
            columns={[
              {
                id: 'name',
                label: t('reports.department'),
                cell: (line) => line.department ?? t('reports.noDepartment'),
              },
              ...countColumns(),
            ]}
          />
        </section>
      )}
    </>
  );
}

function Figure({ label, value }: { label: string; value: number }) {
  return (
    <div class="card padded">
      <dt>{label}</dt>
      <dd>{number(value)}</dd>
    </div>
  );
}

interface Counted {
  present: number;
  late: number;
  excused: number;
  absent: number;
  rate: number | null;
  trend: number | null;
}

/** The columns that every table of attendance ends with. */
export function countColumns(): Column<Counted>[] {
  return [
    ...(['present', 'late', 'excused', 'absent'] as const).map((status) => ({
      id: status,
      label: t(`status.${status}`),
      numeric: true,
      cell: (line: Counted) => number(line[status]),
    })),
    {
      id: 'rate',
      label: t('reports.rate'),
      numeric: true,
      cell: (line) => (line.rate === null ? '–' : percent(line.rate)),
    },
    { id: 'trend', label: t('reports.trend'), numeric: true, cell: (line) => <Trend points={line.trend} /> },
  ];
}
