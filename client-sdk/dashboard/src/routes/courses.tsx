import { BookOpen, ChevronRight, Plus } from 'lucide';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { CourseForm } from '../components/course-form.tsx';
import { Dialog } from '../components/dialog.tsx';
import { EmptyState, LoadFailed, Skeleton } from '../components/feedback.tsx';
import { Icon } from '../components/icon.tsx';
import { PageHead } from '../components/page.tsx';
import { t } from '../i18n/index.ts';
import { useResource } from '../state/resource.ts';
import { canManage, client } from '../state/session.ts';

const PAGE = 50;

export function Courses() {
  const { route } = useLocation();
  const [limit, setLimit] = useState(PAGE);
  const [adding, setAdding] = useState(false);
  const { data, error, reload } = useResource(() => client.courses.list({ limit }), [limit]);
  const add = canManage.value && (
    <button type="button" class="button primary" onClick={() => setAdding(true)}>
      <Icon of={Plus} />
      {t('courses.add')}
    </button>
  );
  return (
    <div class="page">
      <PageHead title={t('courses.title')} lead={t('courses.lead')}>
        {add}
      </PageHead>
      {!data && (error ? <LoadFailed error={error} retry={reload} /> : <Skeleton />)}
      {data && (
        <div class="card">
          {data.items.length === 0 && (
            <EmptyState icon={BookOpen} title={t('courses.none')} hint={t('courses.noneHint')}>
              {add}
            </EmptyState>
          )}
          <ul class="list">
            {data.items.map((course) => (
              <li key={course.id}>
                <a class="list-row" href={`/courses/${course.id}`}>
                  <span class="grow">
                    <span class="title">{course.name}</span>
                    <br />
                    <span class="small muted">
                      {[course.code, course.semester].filter(Boolean).join(' · ')}
                    </span>
                  </span>
                  <span class="chip" data-tone={course.students > 0 ? 'still' : 'warn'}>
                    {t('roster.count', { count: course.students })}
                  </span>
                  <span class="chevron">
                    <Icon of={ChevronRight} />
                  </span>
                </a>
              </li>
            ))}
          </ul>
        </div>
      )}
      {data && data.items.length < data.total && (
        <button type="button" class="button" onClick={() => setLimit(limit + PAGE)}>
          {t('app.more')}
        </button>
      )}
      {adding && (
        <Dialog title={t('courses.add')} onClose={() => setAdding(false)}>
          <CourseForm
            course={null}
            onSaved={(course) => route(`/courses/${course.id}`)}
            onCancel={() => setAdding(false)}
          />
        </Dialog>
      )}
    </div>
  );
}
