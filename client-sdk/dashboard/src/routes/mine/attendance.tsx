import { CalendarCheck, MessageSquareWarning, QrCode } from 'lucide';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { StudentAttendanceQuery, StudentMark } from '../../../../src/index.ts';
import { EmptyState, LoadFailed, Skeleton } from '../../components/feedback.tsx';
import { Icon } from '../../components/icon.tsx';
import { ContestDialog } from '../../components/mine/contest-dialog.tsx';
import { MyObjections } from '../../components/mine/objections.tsx';
import { RemoteClasses } from '../../components/mine/remote-classes.tsx';
import { PageHead } from '../../components/page.tsx';
import { Pager } from '../../components/pager.tsx';
import { StatusChip } from '../../components/people.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { dayText } from '../../i18n/days.ts';
import { clock, percent } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { useResource } from '../../state/resource.ts';
import { client, user } from '../../state/session.ts';

const PAGE = 20;
const STATUSES = ['present', 'late', 'absent', 'excused'] as const;

export function MyAttendance() {
  const { query } = useLocation();
  const id = user.value?.studentId ?? '';
  const [courseId, setCourseId] = useState(query.course ?? '');
  const [status, setStatus] = useState<'' | (typeof STATUSES)[number]>('');
  const [skip, setSkip] = useState(0);
  const [contesting, setContesting] = useState<StudentMark | null>(null);
  const [sent, setSent] = useState(0);

  const filters: StudentAttendanceQuery = {
    skip,
    limit: PAGE,
    ...(courseId ? { courseId } : {}),
    ...(status ? { status } : {}),
  };
  // The summary stays whatever is looked for in the list.
  const summary = useResource(() => client.students.attendance(id, { limit: 1 }), [id]);
  const marks = useResource(() => client.students.attendance(id, filters), [id, courseId, status, skip]);
  const { data } = marks;
  const courses = summary.data?.courses ?? [];
  const none = summary.data?.total === 0;
  return (
    <div class="page">
      <PageHead title={t('mine.attendanceTitle')} lead={t('mine.attendanceLead')} />
      <RemoteClasses />
      {!summary.data &&
        (summary.error ? <LoadFailed error={summary.error} retry={summary.reload} /> : <Skeleton rows={2} />)}
      {courses.length > 0 && <Summary of={courses} />}
      {none && (
        <div class="card">
          <EmptyState icon={CalendarCheck} title={t('mine.none')} hint={t('mine.noneHint')} />
        </div>
      )}
      {summary.data && !none && (
        <section class="stack" aria-labelledby="marks-title">
          <h2 id="marks-title">{t('mine.marks')}</h2>
          <div class="filters">
            <SelectField
              label={t('mine.filterCourse')}
              value={courseId}
              options={[
                { value: '', label: t('mine.allCourses') },
                ...courses.map(({ course }) => ({
                  value: course.id,
                  label: `${course.code} · ${course.name}`,
                })),
              ]}
              onValue={(value) => {
                setSkip(0);
                setCourseId(value);
              }}
            />
            <SelectField
              label={t('mine.filterStatus')}
              value={status}
              options={[
                { value: '' as const, label: t('mine.allStatuses') },
                ...STATUSES.map((value) => ({ value, label: t(`status.${value}`) })),
              ]}
              onValue={(value) => {
                setSkip(0);
                setStatus(value);
              }}
            />
          </div>
          {!data && (marks.error ? <LoadFailed error={marks.error} retry={marks.reload} /> : <Skeleton />)}
          {data && data.items.length === 0 && (
            <div class="card">
              <EmptyState icon={CalendarCheck} title={t('mine.noneFound')} />
            </div>
          )}
          {data && data.items.length > 0 && (
            <>
              <ul class="card list" aria-busy={marks.loading}>
                {data.items.map((mark) => (
                  <Mark key={mark.recordId} mark={mark} onContest={() => setContesting(mark)} />
                ))}
              </ul>
              <Pager page={data} onSkip={setSkip} />
            </>
          )}
        </section>
      )}
      <MyObjections version={sent} />
      <a class="card padded row scan-hint" href="/scan">
        <Icon of={QrCode} size={24} />
        <span class="grow">
          <strong>{t('mine.scanTitle')}</strong>
          <br />
          <span class="muted">{t('mine.scanHint')}</span>
        </span>
      </a>
      {contesting && (
        <ContestDialog
          mark={contesting}
          onClose={() => setContesting(null)}
          onSent={async () => {
            setContesting(null);
            setSent(sent + 1);
            await marks.reload();
          }}
        />
      )}
    </div>
  );
}

function Summary({ of }: { of: Awaited<ReturnType<typeof client.students.attendance>>['courses'] }) {
  return (
    <ul class="course-cards">
      {of.map(({ course, counts, rate }) => {
        const total = counts.present + counts.late + counts.excused + counts.absent;
        return (
          <li class="card course-card" key={course.id}>
            <div>
              <h2 class="h3">{course.name}</h2>
              <p class="small muted">{course.code}</p>
            </div>
            <p class="tabular">
              <strong>
                {rate === null ? t('mine.courseNoRate') : t('mine.courseRate', { value: percent(rate) })}
              </strong>
            </p>
            <div class="meter" aria-hidden="true">
              {(['present', 'late', 'excused', 'absent'] as const).map((status) => (
                <span
                  key={status}
                  class={status}
                  style={{ width: `${total ? (counts[status] / total) * 100 : 0}%` }}
                />
              ))}
            </div>
            <p class="small muted tabular">
              {t('mine.counts', {
                present: counts.present,
                late: counts.late,
                excused: counts.excused,
                absent: counts.absent,
              })}
            </p>
          </li>
        );
      })}
    </ul>
  );
}

const CONTEST_TONE = { open: 'accent', accepted: 'good', refused: 'still' } as const;

function Mark({ mark, onContest }: { mark: StudentMark; onContest(): void }) {
  const day = dayText(mark.day);
  const how = [
    mark.sessionStatus === 'open' && t('mine.openNow'),
    mark.firstSeenAt && t('roster.seenAt', { time: clock(mark.firstSeenAt) }),
    mark.method && t(`roster.method.${mark.method}`),
    mark.corrected && mark.method !== 'manual' && t('mine.corrected'),
  ].filter(Boolean);
  return (
    <li class="mark">
      <div class="grow">
        <p class="title">{mark.course.name}</p>
        <p class="small muted tabular">
          <time dateTime={mark.startsAt}>
            {day}, {clock(mark.startsAt)}
          </time>
          {how.length > 0 && ` · ${how.join(' · ')}`}
        </p>
        {mark.note && <p class="small said">{mark.note}</p>}
      </div>
      <StatusChip status={mark.status} />
      {mark.contest && (
        <span class="chip" data-tone={CONTEST_TONE[mark.contest]}>
          {t(`mine.contestStatus.${mark.contest}`)}
        </span>
      )}
      {mark.contest !== 'open' && mark.status !== 'pending' && (
        <button
          type="button"
          class="button small"
          aria-label={t('mine.contestOf', { course: mark.course.name, day })}
          onClick={onContest}
        >
          <Icon of={MessageSquareWarning} size={15} />
          {t('mine.contest')}
        </button>
      )}
    </li>
  );
}
