import { MessageSquareWarning } from 'lucide';
import { useState } from 'preact/hooks';
import type { Contest, MarkStatus } from '../../../../src/index.ts';
import { dayText } from '../../i18n/days.ts';
import { t } from '../../i18n/index.ts';
import { client } from '../../state/session.ts';
import { isStatus, StatusChip } from '../people.tsx';
import { SelectField } from '../select-field.tsx';
import { DecideDialog } from './decide-dialog.tsx';
import { type DecideProps, RequestList } from './request-list.tsx';

/** Marks that students say are wrong. */
export function Contests({ onDecided }: { onDecided(): void }) {
  return (
    <RequestList
      icon={MessageSquareWarning}
      hint={t('requests.contestsHint')}
      load={(query) => client.contests.list(query)}
      about={({ sessionId, course, day }) => (
        <a class="target" href={`/sessions/${sessionId}`}>
          {course.code} · {course.name}, {dayText(day)}
        </a>
      )}
      mark={({ recordStatus }) => isStatus(recordStatus) && <StatusChip status={recordStatus} />}
      said={({ text }) => <p class="request-text">{text}</p>}
      decide={(props) => <ContestDialog {...props} />}
      onDecided={onDecided}
    />
  );
}

const CHOICES: MarkStatus[] = ['present', 'late', 'excused', 'absent'];

function ContestDialog({ of: contest, onClose, onDecided }: DecideProps<Contest>) {
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
