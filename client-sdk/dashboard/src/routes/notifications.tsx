import { BellOff, Check, CheckCheck, Settings2 } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import type { Notification } from '../../../src/index.ts';
import { EmptyState, ErrorBanner, LoadFailed, Skeleton } from '../components/feedback.tsx';
import { Icon } from '../components/icon.tsx';
import { PageHead } from '../components/page.tsx';
import { Pager } from '../components/pager.tsx';
import { SelectField } from '../components/select-field.tsx';
import { dateTime } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { arrivals, countUnread, unread } from '../state/inbox.ts';
import { useAction, useResource } from '../state/resource.ts';
import { client } from '../state/session.ts';

const PAGE = 20;

export function Notifications() {
  const [only, setOnly] = useState<'all' | 'unread'>('all');
  const [skip, setSkip] = useState(0);
  const came = arrivals.value;
  const list = useResource(
    () => client.notifications.list({ skip, limit: PAGE, ...(only === 'unread' ? { unread: true } : {}) }),
    [only, skip, came],
  );
  useEffect(() => {
    if (list.data) unread.value = list.data.unread;
  }, [list.data]);

  const changed = async () => {
    await list.reload();
    await countUnread();
  };
  const readAll = useAction(async () => {
    await client.notifications.readAll();
    await changed();
  });
  const read = useAction(async (id: string) => {
    await client.notifications.read(id);
    await changed();
  });
  const { data } = list;
  return (
    <div class="page">
      <PageHead title={t('inbox.title')} lead={t('inbox.lead')}>
        <a class="button" href="/account#notifications">
          <Icon of={Settings2} />
          {t('inbox.choose')}
        </a>
        <button
          type="button"
          class="button"
          disabled={readAll.busy || unread.value === 0}
          onClick={() => readAll.start()}
        >
          <Icon of={CheckCheck} />
          {t('inbox.readAll')}
        </button>
      </PageHead>
      <div class="filters">
        <SelectField
          label={t('inbox.filter')}
          value={only}
          options={[
            { value: 'all', label: t('inbox.all') },
            { value: 'unread', label: t('inbox.unread') },
          ]}
          onValue={(value) => {
            setSkip(0);
            setOnly(value);
          }}
        />
      </div>
      <ErrorBanner error={readAll.error ?? read.error} />
      {!data && (list.error ? <LoadFailed error={list.error} retry={list.reload} /> : <Skeleton />)}
      {data?.items.length === 0 && (
        <div class="card">
          {only === 'unread' ? (
            <EmptyState icon={CheckCheck} title={t('inbox.noneUnread')} />
          ) : (
            <EmptyState icon={BellOff} title={t('inbox.none')} hint={t('inbox.noneHint')} />
          )}
        </div>
      )}
      {data && data.items.length > 0 && (
        <>
          <ul class="card list" aria-busy={list.loading}>
            {data.items.map((item) => (
              <Entry key={item.id} item={item} busy={read.busy} onRead={() => read.start(item.id)} />
            ))}
          </ul>
          <Pager page={data} onSkip={setSkip} />
        </>
      )}
    </div>
  );
}

function Entry({ item, busy, onRead }: { item: Notification; busy: boolean; onRead(): void }) {
  const isRead = item.readAt !== null;
  return (
    <li>
      <article class="notice" data-read={isRead}>
        <span class="dot" aria-hidden="true" />
        <div class="grow stack tight">
          <h2>
            {!isRead && <span class="visually-hidden">{t('inbox.isUnread')}: </span>}
            {item.title}
          </h2>
          <p>{item.text}</p>
          <p class="small muted">
            <time dateTime={item.createdAt}>{dateTime(item.createdAt)}</time>
          </p>
        </div>
        {!isRead && (
          <button
            type="button"
            class="button quiet icon small"
            aria-label={t('inbox.readOf', { title: item.title })}
            disabled={busy}
            onClick={onRead}
          >
            <Icon of={Check} />
          </button>
        )}
      </article>
    </li>
  );
}
