import { useState } from 'preact/hooks';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { client, user } from '../../state/session.ts';
import { Details } from '../details.tsx';
import { TextField } from '../field.tsx';
import { RecordForm } from '../record-form.tsx';

export function Profile() {
  const me = user.value;
  const [name, setName] = useState(me?.name ?? '');
  if (!me) return null;
  return (
    <section class="card padded stack" aria-labelledby="profile-title">
      <h2 id="profile-title">{t('me.profile')}</h2>
      <Details
        of={[
          [t('me.email'), me.email],
          [t('me.role'), t(`me.roles.${me.role}`)],
        ]}
      />
      <RecordForm
        problems={{ name: name.trim() ? null : t('gate.nameMissing') }}
        save={async () => {
          await client.auth.changeMe({ name: name.trim() });
          notify(t('app.saved'));
        }}
      >
        {(problems) => (
          <TextField
            label={t('me.name')}
            value={name}
            onValue={setName}
            problem={problems.name}
            input={{ autocomplete: 'name', maxLength: 200 }}
          />
        )}
      </RecordForm>
    </section>
  );
}
