import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import type { Student } from '../../../src/index.ts';
import { Details } from '../components/details.tsx';
import { Confirm } from '../components/dialog.tsx';
import { ErrorBanner, LoadFailed, Skeleton } from '../components/feedback.tsx';
import { Switch } from '../components/field.tsx';
import { PageHead } from '../components/page.tsx';
import { PhotoEnrolment } from '../components/photo-enrolment.tsx';
import { RemoveButton } from '../components/remove-button.tsx';
import { ReportCard } from '../components/reports/report-card.tsx';
import { StudentForm } from '../components/student-form.tsx';
import { t } from '../i18n/index.ts';
import { notify } from '../state/notices.ts';
import { useAction, useResource } from '../state/resource.ts';
import { canManage, client } from '../state/session.ts';

export function StudentPage() {
  const { params } = useRoute();
  const { route } = useLocation();
  const id = params.id ?? '';
  const student = useResource(() => client.students.get(id), [id]);
  if (!student.data) {
    return (
      <div class="page">
        {student.error ? <LoadFailed error={student.error} retry={student.reload} /> : <Skeleton />}
      </div>
    );
  }
  const { data } = student;
  return (
    <div class="page">
      <PageHead title={data.name} lead={data.number}>
        {canManage.value && (
          <RemoveButton
            title={t('students.removeTitle', { name: data.name })}
            body={t('students.removeBody')}
            remove={async () => {
              await client.students.remove(id);
              notify(t('students.removed', { name: data.name }));
              route('/students', true);
            }}
          />
        )}
      </PageHead>
      <div class="two-columns">
        <div class="stack">
          <section class="card padded stack" aria-labelledby="details-title">
            <h2 id="details-title">{t('students.details')}</h2>
            {canManage.value ? (
              <StudentForm student={data} onSaved={student.set} />
            ) : (
              <Details
                of={[
                  [t('students.name'), data.name],
                  [t('students.number'), data.number],
                  [t('students.email'), data.email],
                ]}
              />
            )}
          </section>
          <Consents student={data} onChanged={student.reload} />
          <ReportCard report="student" studentId={id} />
        </div>
        <PhotoEnrolment student={data} onChanged={student.reload} />
      </div>
    </div>
  );
}

function Consents({ student, onChanged }: { student: Student; onChanged(): Promise<void> }) {
  const [asking, setAsking] = useState(false);
  const action = useAction(async (purpose: 'face' | 'emotion', granted: boolean) => {
    await client.students.setConsent(student.id, purpose, granted);
    setAsking(false);
    await onChanged();
    notify(t('app.saved'));
  });
  return (
    <section class="card padded stack" aria-labelledby="consent-title">
      <h2 id="consent-title">{t('students.consent')}</h2>
      <Switch
        label={t('students.faceConsent')}
        hint={t('students.faceConsentHint')}
        checked={student.consents.face}
        disabled={action.busy}
        onChange={(granted) => {
          if (!granted && student.faceTemplates > 0) setAsking(true);
          else action.start('face', granted);
        }}
      />
      <Switch
        label={t('students.emotionConsent')}
        hint={t('students.emotionConsentHint')}
        checked={student.consents.emotion}
        disabled={action.busy}
        onChange={(granted) => action.start('emotion', granted)}
      />
      <ErrorBanner error={action.error} />
      {asking && (
        <Confirm
          title={t('students.withdrawTitle', { name: student.name })}
          body={<p>{t('students.withdrawBody', { count: student.faceTemplates })}</p>}
          confirm={t('students.withdraw')}
          danger
          busy={action.busy}
          onConfirm={() => action.start('face', false)}
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  );
}
