import { FileText, Plus } from 'lucide';
import { useState } from 'preact/hooks';
import type { Excuse } from '../../../../src/index.ts';
import { EmptyState, LoadFailed, Skeleton } from '../../components/feedback.tsx';
import { Icon } from '../../components/icon.tsx';
import { Answer } from '../../components/mine/answer.tsx';
import { ExcuseDialog } from '../../components/mine/excuse-dialog.tsx';
import { ExcuseDocument } from '../../components/mine/excuse-document.tsx';
import { PageHead } from '../../components/page.tsx';
import { Pager } from '../../components/pager.tsx';
import { RemoveButton } from '../../components/remove-button.tsx';
import { dayOf, daysText } from '../../i18n/days.ts';
import { dateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';

const PAGE = 20;

export function MyExcuses() {
  const [skip, setSkip] = useState(0);
  const [adding, setAdding] = useState(false);
  const excuses = useResource(() => client.excuses.list({ skip, limit: PAGE }), [skip]);
  const { data } = excuses;
  const addButton = (
    <button type="button" class="button primary" onClick={() => setAdding(true)}>
      <Icon of={Plus} />
      {t('mine.excuseAdd')}
    </button>
  );
  return (
    <div class="page">
      <PageHead title={t('mine.excusesTitle')} lead={t('mine.excusesLead')}>
        {data && data.total > 0 && addButton}
      </PageHead>
      {!data && (excuses.error ? <LoadFailed error={excuses.error} retry={excuses.reload} /> : <Skeleton />)}
      {data?.total === 0 && (
        <div class="card">
          <EmptyState icon={FileText} title={t('mine.excusesNone')} hint={t('mine.excusesNoneHint')}>
            {addButton}
          </EmptyState>
        </div>
      )}
      {data && data.items.length > 0 && (
        <>
          <ul class="card list">
            {data.items.map((excuse) => (
              <Entry key={excuse.id} excuse={excuse} onChanged={excuses.reload} />
            ))}
          </ul>
          <Pager page={data} onSkip={setSkip} />
        </>
      )}
      {adding && (
        <ExcuseDialog
          onClose={() => setAdding(false)}
          onSent={async () => {
            setAdding(false);
            await excuses.reload();
          }}
        />
      )}
    </div>
  );
}

const TONE = { open: 'accent', accepted: 'good', refused: 'bad' } as const;

function Entry({ excuse, onChanged }: { excuse: Excuse; onChanged(): Promise<void> }) {
  // The last day is the one before the instant at which it ends.
  const last = dayOf(new Date(Date.parse(excuse.untilAt) - 1));
  return (
    <li class="mark">
      <div class="grow stack tight">
        <h2 class="h3">{daysText(dayOf(new Date(excuse.fromAt)), last)}</h2>
        <p class="small muted">
          {excuse.course ? `${excuse.course.code} · ${excuse.course.name}` : t('mine.allCourses')} ·{' '}
          {dateTime(excuse.createdAt)}
        </p>
        <p class="said">{excuse.note}</p>
        <Answer text={excuse.answer} />
        <ExcuseDocument excuse={excuse} onChanged={onChanged} />
      </div>
      <span class="chip" data-tone={TONE[excuse.status]}>
        {t(`mine.excuseStatus.${excuse.status}`)}
      </span>
      {excuse.status === 'open' && (
        <RemoveButton
          label={t('mine.excuseRemove')}
          title={t('mine.excuseRemoveTitle')}
          body={t('mine.excuseRemoveBody')}
          remove={async () => {
            await client.excuses.remove(excuse.id);
            notify(t('mine.excuseRemoved'));
            await onChanged();
          }}
        />
      )}
    </li>
  );
}
