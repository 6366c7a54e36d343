import { ScanFace, UserPlus, Users, X } from 'lucide';
import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import type { Course } from '../../../src/index.ts';
import { CourseForm } from '../components/course-form.tsx';
import { Details } from '../components/details.tsx';
import { EnrolDialog } from '../components/enrol-dialog.tsx';
import { EmptyState, ErrorBanner, LoadFailed, Skeleton } from '../components/feedback.tsx';
import { Icon } from '../components/icon.tsx';
import { PageHead } from '../components/page.tsx';
import { Avatar } from '../components/people.tsx';
import { RemoveButton } from '../components/remove-button.tsx';
import { ReportCard } from '../components/reports/report-card.tsx';
import { CourseMeetings } from '../components/rosters/course-meetings.tsx';
import { CourseTeachers } from '../components/rosters/course-teachers.tsx';
import { number } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { notify } from '../state/notices.ts';
import { useAction, useResource } from '../state/resource.ts';
import { canManage, client } from '../state/session.ts';

export function CoursePage() {
  const { params } = useRoute();
  const { route } = useLocation();
  const id = params.id ?? '';
  const course = useResource(() => client.courses.get(id), [id]);
  if (!course.data) {
    return (
      <div class="page">
        {course.error ? <LoadFailed error={course.error} retry={course.reload} /> : <Skeleton />}
      </div>
    );
  }
  const { data } = course;
  return (
    <div class="page">
      <PageHead title={data.name} lead={[data.code, data.semester].filter(Boolean).join(' · ')}>
        {canManage.value && (
          <RemoveButton
            title={t('courses.removeTitle', { name: data.name })}
            body={t('courses.removeBody')}
            remove={async () => {
              await client.courses.remove(id);
              notify(t('courses.removed', { name: data.name }));
              route('/courses', true);
            }}
          />
        )}
      </PageHead>
      <div class="two-columns">
        <div class="stack">
          <section class="card padded">
            {canManage.value ? (
              <CourseForm course={data} onSaved={course.set} />
            ) : (
              <CourseDetails course={data} />
            )}
          </section>
          <CourseTeachers course={data} onChanged={course.set} />
          <CourseMeetings courseId={id} />
          <ReportCard report="course" courseId={id} />
        </div>
        <Enrolled courseId={id} />
      </div>
    </div>
  );
}

function CourseDetails({ course: { rules, ...course } }: { course: Course }) {
  return (
    <Details
      of={[
        [t('courses.name'), course.name],
        [t('courses.code'), course.code],
        [t('courses.semester'), course.semester],
        [t('courses.lateAfter'), number(rules.lateAfterMinutes)],
        [t('courses.minPresence'), number(Math.round(rules.minPresenceShare * 100))],
        [t('courses.grace'), number(rules.graceMinutes)],
      ]}
    />
  );
}

const PAGE = 100;

function Enrolled({ courseId }: { courseId: string }) {
  const [limit, setLimit] = useState(PAGE);
  const [enrolling, setEnrolling] = useState(false);
  const students = useResource(() => client.students.list({ courseId, limit }), [courseId, limit]);
  const removal = useAction(async (studentId: string) => {
    await client.courses.unenrol(courseId, studentId);
    await students.reload();
  });
  const { data } = students;
  const enrol = canManage.value && (
    <button type="button" class="button primary" onClick={() => setEnrolling(true)}>
      <Icon of={UserPlus} />
      {t('courses.enrol')}
    </button>
  );
  return (
    <section class="card" aria-labelledby="enrolled-title">
      <div class="panel-head">
        <h2 id="enrolled-title" class="grow">
          {t('courses.enrolled')} {data && data.total > 0 && <span class="muted">{data.total}</span>}
        </h2>
        {data && data.total > 0 && (
          <span class="row wrap">
            <a class="button" href={`/courses/${courseId}/class-photo`}>
              <Icon of={ScanFace} />
              {t('classPhoto.open')}
            </a>
            {enrol}
          </span>
        )}
      </div>
      <ErrorBanner error={students.error ?? removal.error} />
      {data?.total === 0 && (
        <EmptyState icon={Users} title={t('courses.enrolNone')} hint={t('courses.enrolHint')}>
          {enrol}
        </EmptyState>
      )}
      <ul class="list">
        {data?.items.map((student) => (
          <li class="list-row" key={student.id}>
            <Avatar name={student.name} />
            <span class="grow">
              <a href={`/students/${student.id}`}>{student.name}</a>
              <br />
              <span class="small muted tabular">{student.number}</span>
            </span>
            {student.faceTemplates === 0 && (
              <span class="chip" data-tone="warn">
                {t('students.noPhotos')}
              </span>
            )}
            {canManage.value && (
              <button
                type="button"
                class="button quiet icon small"
                aria-label={t('courses.unenrol', { name: student.name })}
                disabled={removal.busy}
                onClick={() => removal.start(student.id)}
              >
                <Icon of={X} />
              </button>
            )}
          </li>
        ))}
      </ul>
      {data && data.items.length < data.total && (
        <p class="list-row">
          <button type="button" class="button" onClick={() => setLimit(limit + PAGE)}>
            {t('app.more')}
          </button>
        </p>
      )}
      {enrolling && (
        <EnrolDialog
          courseId={courseId}
          enrolled={new Set(data?.items.map((student) => student.id))}
          onClose={() => setEnrolling(false)}
          onEnrolled={students.reload}
        />
      )}
    </section>
  );
}
