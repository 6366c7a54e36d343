import { BookOpen } from 'lucide';
import type { Course } from '../../../../src/index.ts';
import { EmptyState, LoadFailed, Skeleton } from '../../components/feedback.tsx';
import { PageHead } from '../../components/page.tsx';
import { weekdayText } from '../../i18n/days.ts';
import { list } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { useResource } from '../../state/resource.ts';
import { client, user } from '../../state/session.ts';

/** More than one person takes. */
const MOST = 100;

async function load(studentId: string) {
  const { items } = await client.students.courses(studentId, { limit: MOST });
  const meetings = await Promise.all(items.map((course) => client.meetings.get(course.id)));
  return items.map((course, index) => ({ course, meetings: meetings[index]?.meetings ?? [] }));
}

type Entry = Awaited<ReturnType<typeof load>>[number];

export function MyCourses() {
  const id = user.value?.studentId ?? '';
  const { data, error, reload } = useResource(() => load(id), [id]);
  return (
    <div class="page">
      <PageHead title={t('mine.coursesTitle')} lead={t('mine.coursesLead')} />
      {!data && (error ? <LoadFailed error={error} retry={reload} /> : <Skeleton />)}
      {data?.length === 0 && (
        <div class="card">
          <EmptyState icon={BookOpen} title={t('mine.coursesNone')} hint={t('mine.coursesNoneHint')} />
        </div>
      )}
      {data && data.length > 0 && (
        <ul class="course-cards">
          {data.map((entry) => (
            <CourseCard key={entry.course.id} {...entry} />
          ))}
        </ul>
      )}
    </div>
  );
}

function CourseCard({ course, meetings }: Entry) {
  return (
    <li class="card course-card">
      <div>
        <h2 class="h3">{course.name}</h2>
        <p class="small muted">{[course.code, course.semester].filter(Boolean).join(' · ')}</p>
      </div>
      <Teachers of={course.teachers} />
      {meetings.length === 0 ? (
        <p class="small muted">{t('mine.noMeetings')}</p>
      ) : (
        <div class="stack tight">
          <h3 class="small">{t('mine.meets')}</h3>
          <ul class="small tabular">
            {meetings.map((meeting) => (
              <li key={meeting.id}>
                {t('mine.meeting', {
                  day: weekdayText(meeting.weekday),
                  from: meeting.startsAt,
                  until: meeting.endsAt,
                })}
                {meeting.room && <span class="muted"> · {meeting.room}</span>}
              </li>
            ))}
          </ul>
        </div>
      )}
      <p class="small muted">{t('mine.lateAfter', { count: course.rules.lateAfterMinutes })}</p>
      <p>
        <a
          class="button small"
          href={`/?course=${course.id}`}
          aria-label={t('mine.seeMarksOf', { course: course.name })}
        >
          {t('mine.seeMarks')}
        </a>
      </p>
    </li>
  );
}

function Teachers({ of }: { of: Course['teachers'] }) {
  if (of.length === 0) return null;
  return <p>{t('mine.taughtBy', { names: list(of.map(({ name }) => name)) })}</p>;
}
