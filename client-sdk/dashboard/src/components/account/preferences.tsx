import { useState } from 'preact/hooks';
import type { NotificationChoices, NotificationPreferences } from '../../../../src/index.ts';
import { chooseLanguage, isLanguage, t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { type Resource, useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { ErrorBanner, LoadFailed, Skeleton } from '../feedback.tsx';
import { SelectField } from '../select-field.tsx';
import { QuietHours } from './quiet-hours.tsx';

const LOCALES = ['tr', 'en', 'ru', 'ky'] as const;

/** Language, and what is told how: both are what the server writes by. */
export function Preferences() {
  const preferences = useResource(() => client.notifications.preferences(), []);
  const choose = useAction(async (body: NotificationChoices) => {
    preferences.set(await client.notifications.choose(body));
    notify(t('app.saved'));
  });
  const { data } = preferences;
  if (!data) return <Loading preferences={preferences} />;
  return (
    <>
      <section class="card padded stack" aria-labelledby="language-title">
        <h2 id="language-title">{t('me.language')}</h2>
        <SelectField
          label={t('me.language')}
          hint={t('me.languageHint')}
          value={data.locale}
          options={LOCALES.map((value) => ({ value, label: t(`me.languages.${value}`) }))}
          onValue={(locale) => {
            if (isLanguage(locale)) chooseLanguage(locale);
            choose.start({ locale });
          }}
        />
      </section>
      <section class="card padded stack" id="notifications" aria-labelledby="notifications-title">
        <div class="stack tight">
          <h2 id="notifications-title">{t('me.notifications')}</h2>
          <p class="small muted">{t('me.notificationsLead')}</p>
        </div>
        <ErrorBanner error={choose.error} />
        <Topics of={data} busy={choose.busy} onChoose={(topic) => choose.start({ topics: [topic] })} />
        <QuietHours of={data} busy={choose.busy} onChoose={(quietHours) => choose.start({ quietHours })} />
      </section>
    </>
  );
}

function Loading({ preferences }: { preferences: Resource<NotificationPreferences> }) {
  return preferences.error ? (
    <LoadFailed error={preferences.error} retry={preferences.reload} />
  ) : (
    <div class="card padded">
      <Skeleton rows={3} />
    </div>
  );
}

type Topic = NonNullable<NotificationChoices['topics']>[number];

function Topics({
  of,
  busy,
  onChoose,
}: {
  of: NotificationPreferences;
  busy: boolean;
  onChoose(topic: Topic): void;
}) {
  // What is being stored is shown as chosen already; what failed goes back.
  const [pending, setPending] = useState<string | null>(null);
  const box = (topic: Topic['topic'], channel: 'inApp' | 'email', checked: boolean, label: string) => {
    const id = `${topic}-${channel}`;
    return (
      <input
        type="checkbox"
        aria-label={label}
        checked={busy && pending === id ? !checked : checked}
        aria-disabled={busy}
        onChange={(event) => {
          const wanted = event.currentTarget.checked;
          if (busy) {
            event.currentTarget.checked = checked;
            return;
          }
          setPending(id);
          onChoose({ topic, [channel]: wanted });
        }}
      />
    );
  };
  return (
    <table class="choice-table">
      <caption class="visually-hidden">{t('me.notificationsLead')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('me.topic')}</th>
          <th scope="col">{t('me.inApp')}</th>
          <th scope="col">{t('me.byEmail')}</th>
        </tr>
      </thead>
      <tbody>
        {of.topics.map(({ topic, inApp, email }) => {
          const name = t(`me.topics.${topic}`);
          return (
            <tr key={topic}>
              <th scope="row">{name}</th>
              <td>{box(topic, 'inApp', inApp, t('me.topicHere', { topic: name }))}</td>
              <td>{box(topic, 'email', email, t('me.topicEmail', { topic: name }))}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
