import { ChevronRight, Plus, Users } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { Student } from '../../../src/index.ts';
import { Dialog } from '../components/dialog.tsx';
import { EmptyState, LoadFailed, Skeleton } from '../components/feedback.tsx';
import { SearchField } from '../components/field.tsx';
import { Icon } from '../components/icon.tsx';
import { PageHead } from '../components/page.tsx';
import { Avatar } from '../components/people.tsx';
import { StudentForm } from '../components/student-form.tsx';
import { t } from '../i18n/index.ts';
import { useDelayed, useResource } from '../state/resource.ts';
import { canManage, client } from '../state/session.ts';

const PAGE = 50;

export function Students() {
  const { route } = useLocation();
  const [search, setSearch] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const [adding, setAdding] = useState(false);
  const wanted = useDelayed(search.trim());
  const { data, error, reload } = useResource(
    () => client.students.list({ search: wanted, limit }),
    [wanted, limit],
  );
  useEffect(() => setLimit(PAGE), [wanted]);

  const add = canManage.value && (
    <button type="button" class="button primary" onClick={() => setAdding(true)}>
      <Icon of={Plus} />
      {t('students.add')}
    </button>
  );
  return (
    <div class="page">
      <PageHead title={t('students.title')} lead={t('students.lead')}>
        {add}
      </PageHead>
      {(wanted || !data || data.total > 0) && (
        <div class="row">
          <SearchField label={t('students.search')} value={search} onValue={setSearch} />
        </div>
      )}
      {!data && (error ? <LoadFailed error={error} retry={reload} /> : <Skeleton />)}
      {data && (
        <div class="card">
          {data.items.length === 0 && (
            <EmptyState
              icon={Users}
              title={wanted ? t('students.nobody', { search: wanted }) : t('students.none')}
              {...(wanted ? {} : { hint: t('students.noneHint') })}
            >
              {!wanted && add}
            </EmptyState>
          )}
          <ul class="list">
            {data.items.map((student) => (
              <StudentRow key={student.id} student={student} />
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
        <Dialog title={t('students.add')} onClose={() => setAdding(false)}>
          <StudentForm
            student={null}
            onSaved={(student) => route(`/students/${student.id}`)}
            onCancel={() => setAdding(false)}
          />
        </Dialog>
      )}
    </div>
  );
}

function StudentRow({ student }: { student: Student }) {
  return (
    <li>
      <a class="list-row" href={`/students/${student.id}`}>
        <Avatar name={student.name} />
        <span class="grow">
          <span class="title">{student.name}</span>
          <br />
          <span class="small muted tabular">{student.number}</span>
        </span>
        <span class="row wrap">
          {!student.consents.face && <span class="chip">{t('students.consentMissing')}</span>}
          <span class="chip" data-tone={student.faceTemplates > 0 ? 'good' : 'warn'}>
            {student.faceTemplates > 0
              ? t('students.photos', { count: student.faceTemplates })
              : t('students.noPhotos')}
          </span>
        </span>
        <span class="chevron">
          <Icon of={ChevronRight} />
        </span>
      </a>
    </li>
  );
}
