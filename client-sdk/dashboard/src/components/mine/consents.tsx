import { CircleCheck, CircleSlash, Info } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ConsentPurpose, PrivacyPolicy, Student } from '../../../../src/index.ts';
import { language, t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { useAction } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { Confirm } from '../dialog.tsx';
import { Banner, ErrorBanner } from '../feedback.tsx';
import { Icon } from '../icon.tsx';

/** Goes up when the texts of `mine.faceMeans` or `mine.emotionMeans` say something else than before. */
const WORDING = 1;

interface ConsentsProps {
  student: Student;
  policy: PrivacyPolicy;
  onChanged(): Promise<void>;
}

export function Consents({ student, policy, onChanged }: ConsentsProps) {
  const { prohibited, mode } = policy.emotion;
  const emotionText = prohibited ? t('mine.emotionProhibited') : t('mine.emotionOff');
  const mayRead = !prohibited && mode === 'individual';
  return (
    <section class="card padded stack" aria-labelledby="consents-title">
      <h2 id="consents-title">{t('mine.consents')}</h2>
      <Consent purpose="face" student={student} onChanged={onChanged}>
        <p class="small muted">{t('mine.photos', { count: student.faceTemplates })}</p>
      </Consent>
      {mayRead || student.consents.emotion ? (
        <Consent purpose="emotion" student={student} onChanged={onChanged} />
      ) : (
        <div class="consent">
          <h3>{t('mine.emotion')}</h3>
          <Banner tone="still" icon={Info}>
            {emotionText}
          </Banner>
        </div>
      )}
    </section>
  );
}

interface ConsentProps {
  purpose: ConsentPurpose;
  student: Student;
  onChanged(): Promise<void>;
  children?: ComponentChildren;
}

function Consent({ purpose, student, onChanged, children }: ConsentProps) {
  const [asking, setAsking] = useState(false);
  const given = student.consents[purpose];
  const action = useAction(async () => {
    const wording = `${purpose}-${language.peek()}-${WORDING}`;
    const { erased } = await client.students.setConsent(student.id, purpose, !given, wording);
    setAsking(false);
    const count = Object.values(erased).reduce((sum, rows) => sum + rows, 0);
    notify(given ? t('mine.withdrawn', { count }) : t('mine.given'));
    await onChanged();
  });
  const means = purpose === 'face' ? t('mine.faceMeans') : t('mine.emotionMeans');
  return (
    <div class="consent">
      <div class="section-head">
        <h3>{t(`mine.${purpose}`)}</h3>
        <span class="chip" data-tone={given ? 'good' : 'still'}>
          <Icon of={given ? CircleCheck : CircleSlash} size={14} />
          {given ? t('mine.yes') : t('mine.no')}
        </span>
      </div>
      <p>{t(`mine.${purpose}${given ? 'Given' : 'Missing'}`)}</p>
      <p class="small muted">{means}</p>
      {children}
      <div>
        <button
          type="button"
          class={given ? 'button' : 'button primary'}
          aria-label={`${given ? t('mine.withdraw') : t('mine.give')}: ${t(`mine.${purpose}`)}`}
          onClick={() => setAsking(true)}
        >
          {given ? t('mine.withdraw') : t('mine.give')}
        </button>
      </div>
      {asking && (
        <Confirm
          title={t(`mine.${given ? 'withdrawTitle' : 'giveTitle'}.${purpose}`)}
          body={
            <>
              <p>{given ? t(purpose === 'face' ? 'mine.withdrawFace' : 'mine.withdrawEmotion') : means}</p>
              <ErrorBanner error={action.error} />
            </>
          }
          confirm={given ? t('mine.withdrawDo') : t('mine.give')}
          danger={given}
          busy={action.busy}
          onConfirm={() => action.start()}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}
