import { Info } from 'lucide';
import { useState } from 'preact/hooks';
import { ApiError } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { client } from '../../state/session.ts';
import { Banner } from '../feedback.tsx';
import { PasswordField, useNewPassword } from '../password-field.tsx';
import { RecordForm } from '../record-form.tsx';

export function ChangePassword() {
  const [old, setOld] = useState('');
  const [round, setRound] = useState(0);
  const [none, setNone] = useState(false);
  const chosen = useNewPassword();
  const save = async () => {
    try {
      await client.auth.changePassword(old, chosen.password);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'password-missing') throw error;
      setNone(true);
      return;
    }
    setOld('');
    chosen.clear();
    // A new form: what was typed and found wrong belongs to the old one.
    setRound(round + 1);
    notify(t('me.passwordChanged'));
  };
  return (
    <section class="card padded stack" aria-labelledby="password-title">
      <div class="stack tight">
        <h2 id="password-title">{t('me.password')}</h2>
        <p class="small muted">{t('me.passwordLead')}</p>
      </div>
      {none ? (
        <Banner tone="accent" icon={Info} role="status">
          {t('me.noPassword')} <a href="/forgot">{t('me.noPasswordLink')}</a>
        </Banner>
      ) : (
        <RecordForm
          key={round}
          problems={{ old: old ? null : t('me.oldPasswordMissing'), ...chosen.problems }}
          save={save}
          submit={t('me.changePassword')}
        >
          {(problems) => (
            <>
              <PasswordField
                label={t('me.oldPassword')}
                value={old}
                onValue={setOld}
                problem={problems.old}
                autocomplete="current-password"
              />
              {chosen.fields(problems)}
            </>
          )}
        </RecordForm>
      )}
    </section>
  );
}
