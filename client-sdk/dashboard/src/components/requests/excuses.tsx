import { FileCheck, Paperclip } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import type { Excuse } from '../../../../src/index.ts';
import { dateTime, dateTimeRange } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { save } from '../../state/download.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { EmptyState, ErrorBanner, LoadFailed, Skeleton } from '../feedback.tsx';
import { Icon } from '../icon.tsx';
import { Pager } from '../pager.tsx';
import { Avatar } from '../people.tsx';
import { DecideDialog } from './decide-dialog.tsx';
import { Answered, DecisionFilter, type RequestStatus } from './decision.tsx';

const PAGE = 25;

/** Absences that students ask to have excused. */
export function Excuses({ onDecided }: { onDecided(): void }) {
  const [status, setStatus] = useState<RequestStatus>('open');
  const [skip, setSkip] = useState(0);
  const [deciding, setDeciding] = useState<Excuse | null>(null);
  useEffect(() => setSkip(0), [status]);
  const list = useResource(
    () =>
      client.excuses.list({
        status,
        skip,
        limit: PAGE,
        sort: status === 'open' ? 'createdAt' : '-createdAt',
      }),
    [status, skip],
  );
  const { data, error } = list;
  return (
    <>
      <DecisionFilter status={status} onStatus={setStatus} />
      {!data && (error ? <LoadFailed error={error} retry={list.reload} /> : <Skeleton />)}
      {data && data.total === 0 && (
        <div class="card">
          <EmptyState
            icon={FileCheck}
            title={t(status === 'open' ? 'requests.noneOpen' : 'requests.none')}
            hint={t('requests.excusesHint')}
          />
        </div>
      )}
      <ul class="stack">
        {data?.items.map((excuse) => (
          <li class="card padded stack tight" key={excuse.id}>
            <div class="row wrap request-head">
              <Avatar name={excuse.student.name} />
              <div class="grow">
                <h2 class="request-who">
                  <a href={`/students/${excuse.student.id}`}>{excuse.student.name}</a>{' '}
                  <span class="small muted tabular">{excuse.student.number}</span>
                </h2>
                <p class="small muted">
                  {excuse.course
                    ? `${excuse.course.code} · ${excuse.course.name}`
                    : t('requests.everyCourse')}
                </p>
              </div>
              {excuse.status === 'open' && (
                <button type="button" class="button primary" onClick={() => setDeciding(excuse)}>
                  {t('requests.decide')}
                </button>
              )}
            </div>
            <p class="tabular">
              <strong>{dateTimeRange(excuse.fromAt, excuse.untilAt)}</strong>
            </p>
            <p class="request-text">{excuse.note}</p>
            {excuse.document && <Document excuse={excuse} />}
            <p class="small muted">{t('requests.asked', { time: dateTime(excuse.createdAt) })}</p>
            <Answered request={excuse} />
          </li>
        ))}
      </ul>
      {data && <Pager page={data} onSkip={setSkip} />}
      {deciding && (
        <DecideDialog
          title={t('requests.decideExcuse', { name: deciding.student.name })}
          lead={t('requests.excuseEffect')}
          onClose={() => setDeciding(null)}
          decide={async (decision) => {
            await client.decisions.excuse(deciding.id, decision);
            await list.reload();
            onDecided();
          }}
        />
      )}
    </>
  );
}

function Document({ excuse }: { excuse: Excuse }) {
  const name = excuse.document?.name ?? '';
  const action = useAction(async () => save({ name, blob: await client.excuses.document(excuse.id) }));
  return (
    <div class="row wrap">
      <button type="button" class="button small" disabled={action.busy} onClick={() => action.start()}>
        {action.busy ? <span class="spinner" /> : <Icon of={Paperclip} size={16} />}
        {t('requests.document', { name })}
      </button>
      <ErrorBanner error={action.error} />
    </div>
  );
}
