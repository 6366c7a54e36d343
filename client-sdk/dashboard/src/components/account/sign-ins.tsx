import { LogOut, Monitor, Smartphone } from 'lucide';
import type { SignInEntry } from '../../../../src/index.ts';
import { dateTime, list } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import type { TextKey } from '../../i18n/messages.ts';
import { deviceOf } from '../../state/device.ts';
import { notify } from '../../state/notices.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { ErrorBanner, LoadFailed, Skeleton } from '../feedback.tsx';
import { Icon } from '../icon.tsx';

export function SignIns() {
  const signIns = useResource(() => client.signIns.list(), []);
  const end = useAction(async (id: string) => {
    await client.signIns.end(id);
    await signIns.reload();
    notify(t('me.signInEnded'));
  });
  const endOthers = useAction(async () => {
    const count = await client.signIns.endOthers();
    await signIns.reload();
    notify(t('me.signInAllEnded', { count }));
  });
  const { data } = signIns;
  return (
    <section class="card padded stack" aria-labelledby="sign-ins-title">
      <div class="section-head">
        <div class="stack tight">
          <h2 id="sign-ins-title">{t('me.signIns')}</h2>
          <p class="small muted">{t('me.signInsLead')}</p>
        </div>
        {data && data.length > 1 && (
          <button
            type="button"
            class="button small"
            disabled={endOthers.busy}
            onClick={() => endOthers.start()}
          >
            {t('me.signInEndAll')}
          </button>
        )}
      </div>
      <ErrorBanner error={end.error ?? endOthers.error} />
      {!data &&
        (signIns.error ? <LoadFailed error={signIns.error} retry={signIns.reload} /> : <Skeleton rows={2} />)}
      {data && (
        <ul class="list">
          {data.map((entry) => (
            <Entry key={entry.id} entry={entry} busy={end.busy} onEnd={() => end.start(entry.id)} />
          ))}
        </ul>
      )}
    </section>
  );
}

const METHODS = ['password', 'totp', 'backup-code', 'oidc', 'code', 'invitation'];

function Entry({ entry, busy, onEnd }: { entry: SignInEntry; busy: boolean; onEnd(): void }) {
  const device = deviceOf(entry.device);
  const name = device ? t('me.deviceOn', device) : t('me.unknownDevice');
  const phone = /iPhone|Android/.test(device?.system ?? '');
  const methods = entry.methods
    .filter((method) => METHODS.includes(method))
    .map((method) => t(`me.methods.${method}` as TextKey));
  const facts = [
    t('me.signInUsed', { time: dateTime(entry.lastUsedAt) }),
    entry.address && t('me.signInFrom', { address: entry.address }),
    list(methods),
  ];
  return (
    <li class="list-row sign-in">
      <Icon of={phone ? Smartphone : Monitor} size={20} />
      <div class="grow">
        <p class="title">{name}</p>
        <p class="small muted">{facts.filter(Boolean).join(' · ')}</p>
      </div>
      {entry.current ? (
        <span class="chip" data-tone="good">
          {t('me.signInHere')}
        </span>
      ) : (
        <button
          type="button"
          class="button small"
          aria-label={t('me.signInEndOf', { device: name })}
          disabled={busy}
          onClick={onEnd}
        >
          <Icon of={LogOut} size={15} />
          {t('me.signInEnd')}
        </button>
      )}
    </li>
  );
}
