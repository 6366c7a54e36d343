import { BookOpen } from 'lucide';
import { CourseForm } from '../components/course-form.tsx';
import { RosterPage } from '../components/roster-page.tsx';
import { t } from '../i18n/index.ts';
import { client } from '../state/session.ts';

export function Courses() {
  return (
    <RosterPage
      texts={{
        title: t('courses.title'),
        lead: t('courses.lead'),
        add: t('courses.add'),
        search: t('courses.search'),
        none: t('courses.none'),
        noneHint: t('courses.noneHint'),
      }}
      icon={BookOpen}
      path="/courses"
      load={(query) => client.courses.list(query)}
      row={(course) => (
        <>
          <span class="grow">
            <span class="title">{course.name}</span>
            <br />
            <span class="small muted">{[course.code, course.semester].filter(Boolean).join(' · ')}</span>
          </span>
          <span class="chip" data-tone={course.students > 0 ? 'still' : 'warn'}>
            {t('roster.count', { count: course.students })}
          </span>
        </>
      )}
      form={(onSaved, onCancel) => <CourseForm course={null} onSaved={onSaved} onCancel={onCancel} />}
    />
  );
}
