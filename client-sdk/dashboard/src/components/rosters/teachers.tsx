import { Pencil, Plus, UserRound } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import type { Teacher } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { useDelayed, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { Dialog } from '../dialog.tsx';
import { EmptyState, LoadFailed, Skeleton } from '../feedback.tsx';
import { SearchField, TextField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { Pager } from '../pager.tsx';
import { Avatar } from '../people.tsx';
import { RecordForm } from '../record-form.tsx';
import { RemoveButton } from '../remove-button.tsx';

const PAGE = 50;

export function Teachers() {
  const [search, setSearch] = useState('');
  const [skip, setSkip] = useState(0);
  const [editing, setEditing] = useState<Teacher | 'new' | null>(null);
  const wanted = useDelayed(search.trim());
  useEffect(() => setSkip(0), [wanted]);
  const list = useResource(() => client.teachers.list({ search: wanted, skip, limit: PAGE }), [wanted, skip]);
  const { data, error } = list;
  return (
    <>
      <div class="row wrap">
        <SearchField label={t('teachers.search')} value={search} onValue={setSearch} />
        <button type="button" class="button primary" onClick={() => setEditing('new')}>
          <Icon of={Plus} />
          {t('teachers.add')}
        </button>
      </div>
      {!data && (error ? <LoadFailed error={error} retry={list.reload} /> : <Skeleton />)}
      {data && (
        <div class="card">
          {data.total === 0 && (
            <EmptyState
              icon={UserRound}
              title={wanted ? t('students.nobody', { search: wanted }) : t('teachers.none')}
              {...(wanted ? {} : { hint: t('teachers.noneHint') })}
            />
          )}
          <ul class="list">
            {data.items.map((teacher) => (
              <li class="list-row" key={teacher.id}>
                <Avatar name={teacher.name} />
                <span class="grow">
                  <span class="title">{[teacher.title, teacher.name].filter(Boolean).join(' ')}</span>
                  <br />
                  <span class="small muted">
                    {[teacher.department, teacher.email].filter(Boolean).join(' · ') || '–'}
                  </span>
                </span>
                {!teacher.userId && <span class="chip">{t('teachers.noAccount')}</span>}
                <span class="small muted tabular">{t('teachers.courses', { count: teacher.courses })}</span>
                <button
                  type="button"
                  class="button quiet icon small"
                  aria-label={t('teachers.edit', { name: teacher.name })}
                  onClick={() => setEditing(teacher)}
                >
                  <Icon of={Pencil} />
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
      {data && <Pager page={data} onSkip={setSkip} />}
      {editing && (
        <TeacherDialog
          teacher={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
          onChanged={list.reload}
        />
      )}
    </>
  );
}

interface TeacherDialogProps {
  teacher: Teacher | null;
  onClose(): void;
  onChanged(): Promise<void>;
}

function TeacherDialog({ teacher, onClose, onChanged }: TeacherDialogProps) {
  const [name, setName] = useState(teacher?.name ?? '');
  const [title, setTitle] = useState(teacher?.title ?? '');
  const [department, setDepartment] = useState(teacher?.department ?? '');
  const [email, setEmail] = useState(teacher?.email ?? '');
  const done = async () => {
    await onChanged();
    onClose();
  };
  return (
    <Dialog title={teacher ? teacher.name : t('teachers.add')} onClose={onClose}>
      <RecordForm
        problems={{ name: name.trim() ? null : t('students.nameMissing') }}
        onCancel={onClose}
        save={async () => {
          const input = {
            name: name.trim(),
            title: title.trim() || null,
            department: department.trim() || null,
            email: email.trim() || null,
          };
          if (teacher) await client.teachers.update(teacher.id, input);
          else await client.teachers.create(input);
          notify(t('app.saved'));
          await done();
        }}
      >
        {(problems) => (
          <>
            <TextField label={t('students.name')} value={name} onValue={setName} problem={problems.name} />
            <div class="form-grid">
              <TextField label={t('teachers.title')} optional value={title} onValue={setTitle} />
              <TextField
                label={t('reports.department')}
                optional
                value={department}
                onValue={setDepartment}
              />
            </div>
            <TextField
              label={t('students.email')}
              hint={t('teachers.emailHint')}
              optional
              value={email}
              onValue={setEmail}
              input={{ type: 'email', autocomplete: 'off' }}
            />
          </>
        )}
      </RecordForm>
      {teacher && (
        <div class="dialog-extra">
          <RemoveButton
            title={t('students.removeTitle', { name: teacher.name })}
            body={t('teachers.removeBody')}
            remove={async () => {
              await client.teachers.remove(teacher.id);
              notify(t('students.removed', { name: teacher.name }));
              await done();
            }}
          />
        </div>
      )}
    </Dialog>
  );
}
