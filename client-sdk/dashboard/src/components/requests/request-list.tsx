import type { IconNode } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { dateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { useResource } from '../../state/resource.ts';
import { EmptyState, LoadFailed, Skeleton } from '../feedback.tsx';
import { Pager } from '../pager.tsx';
import { Avatar } from '../people.tsx';
import { Answered, DecisionFilter, type RequestStatus } from './decision.tsx';

const PAGE = 25;

interface Request {
  id: string;
  status: RequestStatus;
  student: { id: string; name: string; number: string };
  createdAt: string;
  answer: string | null;
  decidedAt: string | null;
}

interface Asked {
  status: RequestStatus;
  skip: number;
  limit: number;
  sort: 'createdAt' | '-createdAt';
}

export interface DecideProps<One> {
  of: One;
  onClose(): void;
  onDecided(): Promise<void>;
}

interface RequestListProps<One> {
  icon: IconNode;
  hint: string;
  load(query: Asked): Promise<{ total: number; skip: number; limit: number; items: One[] }>;
  /** Below the student's name. */
  about(of: One): ComponentChildren;
  /** Beside it. */
  mark?(of: One): ComponentChildren;
  said(of: One): ComponentChildren;
  decide(props: DecideProps<One>): ComponentChildren;
  onDecided(): void;
}

/** What students ask: what waits the longest first, what was answered the newest first. */
export function RequestList<One extends Request>(props: RequestListProps<One>) {
  const [status, setStatus] = useState<RequestStatus>('open');
  const [skip, setSkip] = useState(0);
  const [deciding, setDeciding] = useState<One | null>(null);
  useEffect(() => setSkip(0), [status]);
  const list = useResource(
    () => props.load({ status, skip, limit: PAGE, sort: status === 'open' ? 'createdAt' : '-createdAt' }),
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
            icon={props.icon}
            title={t(status === 'open' ? 'requests.noneOpen' : 'requests.none')}
            hint={props.hint}
          />
        </div>
      )}
      <ul class="stack">
        {data?.items.map((one) => (
          <li class="card padded stack tight" key={one.id}>
            <div class="row wrap request-head">
              <Avatar name={one.student.name} />
              <div class="grow">
                <h2 class="request-who">
                  <a href={`/students/${one.student.id}`}>{one.student.name}</a>{' '}
                  <span class="small muted tabular">{one.student.number}</span>
                </h2>
                <p class="small muted">{props.about(one)}</p>
              </div>
              {props.mark?.(one)}
              {one.status === 'open' && (
                <button type="button" class="button primary" onClick={() => setDeciding(one)}>
                  {t('requests.decide')}
                </button>
              )}
            </div>
            {props.said(one)}
            <p class="small muted">{t('requests.asked', { time: dateTime(one.createdAt) })}</p>
            <Answered request={one} />
          </li>
        ))}
      </ul>
      {data && <Pager page={data} onSkip={setSkip} />}
      {deciding &&
        props.decide({
          of: deciding,
          onClose: () => setDeciding(null),
          onDecided: async () => {
            await list.reload();
            props.onDecided();
          },
        })}
    </>
  );
}
