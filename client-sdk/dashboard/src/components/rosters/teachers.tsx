import { UserRound } from 'lucide';
import { useState } from 'preact/hooks';
import type { Teacher } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { client } from '../../state/session.ts';
import { TextField } from '../field.tsx';
import { Avatar } from '../people.tsx';
import { RecordDialog } from '../record-dialog.tsx';
import { type EditProps, SearchedList } from './searched-list.tsx';

export function Teachers() {
  return (
    <SearchedList
      texts={{
        search: t('teachers.search'),
        add: t('teachers.add'),
        none: t('teachers.none'),
        noneHint: t('teachers.noneHint'),
      }}
      icon={UserRound}
      load={(query) => client.teachers.list(query)}
      row={(teacher) => (
        <>
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
        </>
      )}
      edit={(props) => <TeacherDialog {...props} />}
    />
  );
}

function TeacherDialog({ row: teacher, onClose, onDone }: EditProps<Teacher>) {
  const [name, setName] = useState(teacher?.name ?? '');
  const [title, setTitle] = useState(teacher?.title ?? '');
  const [department, setDepartment] = useState(teacher?.department ?? '');
  const [email, setEmail] = useState(teacher?.email ?? '');
  return (
    <RecordDialog
      title={teacher ? teacher.name : t('teachers.add')}
      onClose={onClose}
      problems={{ name: name.trim() ? null : t('students.nameMissing') }}
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
        await onDone();
      }}
      removal={
        teacher && {
          title: t('students.removeTitle', { name: teacher.name }),
          body: t('teachers.removeBody'),
          remove: async () => {
            await client.teachers.remove(teacher.id);
            notify(t('students.removed', { name: teacher.name }));
            await onDone();
          },
        }
      }
    >
      {(problems) => (
        <>
          <TextField label={t('students.name')} value={name} onValue={setName} problem={problems.name} />
          <div class="form-grid">
            <TextField label={t('teachers.title')} optional value={title} onValue={setTitle} />
            <TextField label={t('reports.department')} optional value={department} onValue={setDepartment} />
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
    </RecordDialog>
  );
}
