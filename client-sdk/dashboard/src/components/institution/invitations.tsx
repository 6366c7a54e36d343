import { MailPlus, RotateCw, X } from 'lucide';
import { useState } from 'preact/hooks';
import type { NewInvitation } from '../../../../src/index.ts';
import { dateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { Dialog } from '../dialog.tsx';
import { EmptyState, ErrorBanner, LoadFailed, Skeleton } from '../feedback.tsx';
import { TextField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { Pager } from '../pager.tsx';
import { Avatar } from '../people.tsx';
import { RecordForm } from '../record-form.tsx';
import { SelectField } from '../select-field.tsx';
import { Codes } from './codes.tsx';
import { LOCALES } from './places.ts';

const PAGE = 25;

/** People who were asked by e-mail to join, and codes that are handed out on paper. */
export function Invitations() {
  const [inviting, setInviting] = useState(false);
  const [skip, setSkip] = useState(0);
  const list = useResource(() => client.invitations.list({ skip, limit: PAGE }), [skip]);
  const change = useAction(async (id: string, what: 'resend' | 'remove') => {
    if (what === 'resend') await client.invitations.resend(id);
    else await client.invitations.remove(id);
    await list.reload();
    notify(t(what === 'resend' ? 'invitations.sent' : 'invitations.withdrawn'));
  });
  const { data, error } = list;
  return (
    <>
      <section class="card" aria-labelledby="invitations-title">
        <div class="panel-head">
          <h2 id="invitations-title" class="grow">
            {t('invitations.title')}
          </h2>
          <button type="button" class="button primary" onClick={() => setInviting(true)}>
            <Icon of={MailPlus} />
            {t('invitations.add')}
          </button>
        </div>
        <ErrorBanner error={change.error} />
        {!data && (error ? <LoadFailed error={error} retry={list.reload} /> : <Skeleton rows={2} />)}
        {data?.total === 0 && (
          <EmptyState icon={MailPlus} title={t('invitations.none')} hint={t('invitations.noneHint')} />
        )}
        <ul class="list">
          {data?.items.map((invitation) => (
            <li class="list-row" key={invitation.id}>
              <Avatar name={invitation.name} />
              <span class="grow">
                <span class="title">{invitation.name}</span>
                <br />
                <span class="small muted">
                  {invitation.email} · {t('invitations.until', { time: dateTime(invitation.expiresAt) })}
                </span>
              </span>
              <span class="chip">{t(`role.${invitation.role}`)}</span>
              <button
                type="button"
                class="button quiet icon small"
                aria-label={t('invitations.resend', { name: invitation.name })}
                title={t('invitations.resend', { name: invitation.name })}
                disabled={change.busy}
                onClick={() => change.start(invitation.id, 'resend')}
              >
                <Icon of={RotateCw} size={16} />
              </button>
              <button
                type="button"
                class="button quiet icon small"
                aria-label={t('invitations.withdraw', { name: invitation.name })}
                title={t('invitations.withdraw', { name: invitation.name })}
                disabled={change.busy}
                onClick={() => change.start(invitation.id, 'remove')}
              >
                <Icon of={X} size={16} />
              </button>
            </li>
          ))}
        </ul>
        {data && <Pager page={data} onSkip={setSkip} />}
      </section>
      <Codes />
      {inviting && <InviteDialog onClose={() => setInviting(false)} onInvited={list.reload} />}
    </>
  );
}

const ROLES: NewInvitation['role'][] = ['teacher', 'admin', 'student'];

function InviteDialog({ onClose, onInvited }: { onClose(): void; onInvited(): Promise<void> }) {
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<NewInvitation['role']>('teacher');
  const [locale, setLocale] = useState('tr');
  return (
    <Dialog title={t('invitations.add')} onClose={onClose}>
      <RecordForm
        submit={t('invitations.send')}
        onCancel={onClose}
        problems={{
          name: name.trim() ? null : t('students.nameMissing'),
          email: /^\S+@\S+\.\S+$/.test(email.trim()) ? null : t('signIn.emailMissing'),
        }}
        save={async () => {
          const invitation = { email: email.trim(), name: name.trim(), role, locale };
          await client.invitations.create(invitation);
          notify(t('invitations.sent'));
          await onInvited();
          onClose();
        }}
      >
        {(problems) => (
          <>
            <TextField label={t('students.name')} value={name} onValue={setName} problem={problems.name} />
            <TextField
              label={t('students.email')}
              value={email}
              onValue={setEmail}
              problem={problems.email}
              input={{ type: 'email', autocomplete: 'off' }}
            />
            <div class="form-grid">
              <SelectField
                label={t('accounts.role')}
                value={role}
                onValue={setRole}
                options={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
              />
              <SelectField
                label={t('account.language')}
                value={locale}
                onValue={setLocale}
                options={LOCALES}
              />
            </div>
          </>
        )}
      </RecordForm>
    </Dialog>
  );
}
