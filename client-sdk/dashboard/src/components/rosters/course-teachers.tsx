import { X } from 'lucide';
import { useState } from 'preact/hooks';
import type { Course } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { useAction, useDelayed, useResource } from '../../state/resource.ts';
import { canManage, client } from '../../state/session.ts';
import { ErrorBanner } from '../feedback.tsx';
import { SearchField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { Avatar } from '../people.tsx';

const FOUND_AT_MOST = 8;

/** Who teaches a course; administrators look them up and take them off. */
export function CourseTeachers({ course, onChanged }: { course: Course; onChanged(course: Course): void }) {
  const action = useAction(async (teacherIds: string[]) => {
    onChanged(await client.courses.update(course.id, { teacherIds }));
    notify(t('courses.saved'));
  });
  const ids = course.teachers.map((teacher) => teacher.id);
  return (
    <section class="card padded stack" aria-labelledby="course-teachers">
      <h2 id="course-teachers">{t('teachers.ofCourse')}</h2>
      {ids.length === 0 && <p class="muted">{t('teachers.nobody')}</p>}
      <ul class="list flush">
        {course.teachers.map((teacher) => (
          <li class="list-row" key={teacher.id}>
            <Avatar name={teacher.name} />
            <span class="grow title">{teacher.name}</span>
            {canManage.value && (
              <button
                type="button"
                class="button quiet icon small"
                aria-label={t('teachers.takeOff', { name: teacher.name })}
                disabled={action.busy}
                onClick={() => action.start(ids.filter((id) => id !== teacher.id))}
              >
                <Icon of={X} />
              </button>
            )}
          </li>
        ))}
      </ul>
      {canManage.value && (
        <AddTeacher known={ids} busy={action.busy} onAdd={(id) => action.start([...ids, id])} />
      )}
      <ErrorBanner error={action.error} />
    </section>
  );
}

function AddTeacher({ known, busy, onAdd }: { known: string[]; busy: boolean; onAdd(id: string): void }) {
  const [search, setSearch] = useState('');
  const wanted = useDelayed(search.trim());
  const found = useResource(
    async () => (wanted ? client.teachers.list({ search: wanted, limit: FOUND_AT_MOST }) : null),
    [wanted],
  );
  const open = found.data?.items.filter((teacher) => !known.includes(teacher.id)) ?? [];
  return (
    <div class="stack tight">
      <SearchField label={t('teachers.addSearch')} value={search} onValue={setSearch} />
      <ErrorBanner error={found.error} />
      {wanted && found.data && open.length === 0 && (
        <p class="small muted" role="status">
          {t('students.nobody', { search: wanted })}
        </p>
      )}
      {wanted && (
        <ul class="row wrap">
          {open.map((teacher) => (
            <li key={teacher.id}>
              <button
                type="button"
                class="button small"
                disabled={busy}
                onClick={() => {
                  onAdd(teacher.id);
                  setSearch('');
                }}
              >
                {t('teachers.addThis', { name: teacher.name })}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
