import { Download } from 'lucide';
import type { PrivacyPolicy } from '../../../../src/index.ts';
import { ErrorBanner, LoadFailed, Skeleton } from '../../components/feedback.tsx';
import { Icon } from '../../components/icon.tsx';
import { ConsentHistory } from '../../components/mine/consent-history.tsx';
import { Consents } from '../../components/mine/consents.tsx';
import { MyEmotions } from '../../components/mine/emotions.tsx';
import { MyEngagement } from '../../components/mine/engagement.tsx';
import { PageHead } from '../../components/page.tsx';
import { t } from '../../i18n/index.ts';
import type { TextKey } from '../../i18n/messages.ts';
import { save } from '../../state/download.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client, user } from '../../state/session.ts';

const load = (id: string) => Promise.all([client.students.get(id), client.privacyPolicy()]);

/** What is kept about the student, what they agreed to, and a copy of all of it. */
export function MyData() {
  const id = user.value?.studentId ?? '';
  const known = useResource(() => load(id), [id]);
  if (!known.data) {
    return (
      <div class="page">
        <PageHead title={t('mine.dataTitle')} lead={t('mine.dataLead')} />
        {known.error ? <LoadFailed error={known.error} retry={known.reload} /> : <Skeleton />}
      </div>
    );
  }
  const [student, policy] = known.data;
  const readsEmotion = !policy.emotion.prohibited && policy.emotion.mode === 'individual';
  // Whatever a withdrawal erased is asked for again.
  const version = `${student.consents.face} ${student.consents.emotion}`;
  return (
    <div class="page">
      <PageHead title={t('mine.dataTitle')} lead={t('mine.dataLead')} />
      <div class="columns">
        <div class="stack">
          <Consents student={student} policy={policy} onChanged={known.reload} />
          <ConsentHistory studentId={id} version={version} />
        </div>
        <div class="stack">
          <DownloadAll studentId={id} />
          <MyEngagement studentId={id} version={version} />
          {readsEmotion && student.consents.emotion && <MyEmotions studentId={id} />}
          <Retention policy={policy} />
        </div>
      </div>
    </div>
  );
}

function DownloadAll({ studentId }: { studentId: string }) {
  const download = useAction(async () =>
    save({ name: `${t('mine.downloadFile')}.zip`, blob: await client.students.data(studentId) }),
  );
  return (
    <section class="card padded stack" aria-labelledby="download-title">
      <div class="stack tight">
        <h2 id="download-title">{t('mine.download')}</h2>
        <p class="muted">{t('mine.downloadLead')}</p>
      </div>
      <ErrorBanner error={download.error} />
      <div>
        <button type="button" class="button" disabled={download.busy} onClick={() => download.start()}>
          {download.busy ? <span class="spinner" /> : <Icon of={Download} />}
          {download.busy ? t('mine.downloading') : t('mine.downloadDo')}
        </button>
      </div>
    </section>
  );
}

const KINDS = [
  'attendance',
  'engagement',
  'emotion',
  'faceTemplatesAfterLastEnrolment',
  'excuses',
  'qrScans',
  'messages',
  'auditLog',
  'recordings',
];

function Retention({ policy }: { policy: PrivacyPolicy }) {
  const kinds = Object.entries(policy.retentionDays).filter(([kind]) => KINDS.includes(kind));
  return (
    <section class="card padded stack" aria-labelledby="retention-title">
      <div class="stack tight">
        <h2 id="retention-title">{t('mine.retention')}</h2>
        {policy.policy !== 'default' && (
          <p class="small muted">{t('mine.policy', { name: t(`tenants.policies.${policy.policy}`) })}</p>
        )}
      </div>
      <table class="choice-table">
        <caption class="visually-hidden">{t('mine.retention')}</caption>
        <tbody>
          {kinds.map(([kind, days]) => (
            <tr key={kind}>
              <th scope="row">{t(`mine.retentionKinds.${kind}` as TextKey)}</th>
              <td class="tabular">{t('mine.retentionDays', { count: days })}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
