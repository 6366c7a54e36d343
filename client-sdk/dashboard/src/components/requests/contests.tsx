import { MessageSquareWarning } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import type { Contest, MarkStatus } from '../../../../src/index.ts';
import { dayText } from '../../i18n/days.ts';
import { dateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { EmptyState, LoadFailed, Skeleton } from '../feedback.tsx';
import { Pager } from '../pager.tsx';
import { Avatar, isStatus, StatusChip } from '../people.tsx';
import { SelectField } from '../select-field.tsx';
import { DecideDialog } from './decide-dialog.tsx';
import { Answered, DecisionFilter, type RequestStatus } from './decision.tsx';

const PAGE = 25;

/** Marks that students say are wrong. */
export function Contests({ onDecided }: { onDecided(): void }) {
  const [status, setStatus] = useState<RequestStatus>('open');
  const [skip, setSkip] = useState(0);
  const [deciding, setDeciding] = useState<Contest | null>(null);
  useEffect(() => setSkip(0), [status]);
  const list = useResource(
    () =>
      client.contests.list({
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
            icon={MessageSquareWarning}
            title={t(status === 'open' ? 'requests.noneOpen' : 'requests.none')}
            hint={t('requests.contestsHint')}
          />
        </div>
      )}
      <ul class="stack">
        {data?.items.map((contest) => (
          <li class="card padded stack tight" key={contest.id}>
            <div class="row wrap request-head">
              <Avatar name={contest.student.name} />
              <div class="grow">
                <h2 class="request-who">
                  <a href={`/students/${contest.student.id}`}>{contest.student.name}</a>{' '}
                  <span class="small muted tabular">{contest.student.number}</span>
                </h2>
                <p class="small muted">
                  <a class="target" href={`/sessions/${contest.sessionId}`}>
                    {contest.course.code} · {contest.course.name}, {dayText(contest.day)}
                  </a>
                </p>
              </div>
              {isStatus(contest.recordStatus) && <StatusChip status={contest.recordStatus} />}
              {contest.status === 'open' && (
                <button type="button" class="button primary" onClick={() => setDeciding(contest)}>
                  {t('requests.decide')}
                </button>
              )}
            </div>
            <p class="request-text">{contest.text}</p>
            <p class="small muted">{t('requests.asked', { time: dateTime(contest.createdAt) })}</p>
            <Answered request={contest} />
          </li>
        ))}
      </ul>
      {data && <Pager page={data} onSkip={setSkip} />}
      {deciding && (
        <ContestDialog
          contest={deciding}
          onClose={() => setDeciding(null)}
          onDecided={async () => {
            await list.reload();
            onDecided();
          }}
        />
      )}
    </>
  );
}

const CHOICES: MarkStatus[] = ['present', 'late', 'excused', 'absent'];

interface ContestDialogProps {
  contest: Contest;
  onClose(): void;
  onDecided(): Promise<void>;
}

function ContestDialog({ contest, onClose, onDecided }: ContestDialogProps) {
  const [mark, setMark] = useState<MarkStatus | ''>(contest.recordStatus === 'present' ? '' : 'present');
  return (
    <DecideDialog
      title={t('requests.decideContest', { name: contest.student.name })}
      lead={contest.text}
      onClose={onClose}
      decide={async (decision) => {
        const correction =
          decision.status === 'accepted' && mark !== ''
            ? { correction: { status: mark, version: contest.recordVersion } }
            : {};
        await client.decisions.contest(contest.id, { ...decision, ...correction });
        await onDecided();
      }}
    >
      <SelectField
        label={t('requests.correction')}
        hint={t('requests.correctionHint')}
        value={mark}
        onValue={setMark}
        options={[
          { value: '', label: t('requests.asItIs') },
          ...CHOICES.map((value) => ({ value, label: t(`status.${value}`) })),
        ]}
      />
    </DecideDialog>
  );
}
