import { Users } from 'lucide';
import { Avatar } from '../components/people.tsx';
import { RosterPage } from '../components/roster-page.tsx';
import { StudentForm } from '../components/student-form.tsx';
import { t } from '../i18n/index.ts';
import { client } from '../state/session.ts';

export function Students() {
  return (
    <RosterPage
      texts={{
        title: t('students.title'),
        lead: t('students.lead'),
        add: t('students.add'),
        search: t('students.search'),
        none: t('students.none'),
        noneHint: t('students.noneHint'),
      }}
      icon={Users}
      path="/students"
      load={(query) => client.students.list(query)}
      row={(student) => (
        <>
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
        </>
      )}
      form={(onSaved, onCancel) => <StudentForm student={null} onSaved={onSaved} onCancel={onCancel} />}
    />
  );
}
