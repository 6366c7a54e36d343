import { useState } from 'preact/hooks';
import { ApiError, type Holiday } from '../../../../src/index.ts';
import type { Day } from '../../i18n/day-steps.ts';
import { daysText } from '../../i18n/days.ts';
import { t } from '../../i18n/index.ts';
import { type Break, daysBetween } from '../../state/breaks.ts';
import { notify } from '../../state/notices.ts';
import { client } from '../../state/session.ts';
import { TextField } from '../field.tsx';
import { RecordDialog } from '../record-dialog.tsx';

/** Each day is a call of its own; no break is longer. */
const MOST_DAYS = 100;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

interface DialogProps {
  onClose(): void;
  onChanged(): Promise<void>;
}

/** One day, or a break from its first day to its last. */
export function AddBreak({ onClose, onChanged }: DialogProps) {
  const [name, setName] = useState('');
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const last = until || from;
  const days = DATE.test(from) && DATE.test(last) ? daysBetween(from, last, MOST_DAYS + 1) : [];
  return (
    <RecordDialog
      title={t('holidays.add')}
      removal={null}
      onClose={onClose}
      problems={{
        name: name.trim() ? null : t('students.nameMissing'),
        from: DATE.test(from) ? null : t('holidays.dayMissing'),
        until: untilProblem(from, last, days.length),
      }}
      submit={
        days.length > 1 ? t('holidays.addDays', { count: Math.min(days.length, MOST_DAYS) }) : t('app.add')
      }
      save={async () => {
        try {
          const known = await addAll(days, name.trim());
          notify(known > 0 ? t('holidays.someKnown', { count: known }) : t('app.saved'));
        } finally {
          // Where it broke off, what was added is there.
          await onChanged();
        }
        onClose();
      }}
    >
      {(problems) => (
        <>
          <TextField
            label={t('courses.name')}
            value={name}
            onValue={setName}
            problem={problems.name}
            input={{ maxLength: 200, autocomplete: 'off' }}
          />
          <div class="form-grid">
            <TextField
              label={t('holidays.from')}
              value={from}
              onValue={setFrom}
              problem={problems.from}
              input={{ type: 'date' }}
            />
            <TextField
              label={t('holidays.until')}
              hint={t('holidays.untilHint')}
              optional
              value={until}
              onValue={setUntil}
              problem={problems.until}
              input={{ type: 'date', min: from }}
            />
          </div>
        </>
      )}
    </RecordDialog>
  );
}

function untilProblem(from: Day, last: Day, days: number): string | null {
  if (!DATE.test(from) || !last) return null;
  if (last < from) return t('holidays.backwards');
  return days > MOST_DAYS ? t('holidays.tooLong', { most: MOST_DAYS }) : null;
}

/** Answers how many of the days were there already; throws where all of them were. */
async function addAll(days: readonly Day[], name: string): Promise<number> {
  let known = 0;
  for (const day of days) {
    try {
      await client.holidays.create({ day, name });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'holiday-taken') throw error;
      known += 1;
      if (known === days.length) throw error;
    }
  }
  return known;
}

/** Another name, for a single day another day, or no holiday at all. */
export function EditBreak({ of, onClose, onChanged }: DialogProps & { of: Break }) {
  const single = of.days.length === 1;
  const [name, setName] = useState(of.name);
  const [day, setDay] = useState(of.from);
  const eachDay = async (work: (holiday: Holiday) => Promise<unknown>) => {
    try {
      for (const holiday of of.days) await work(holiday);
    } finally {
      await onChanged();
    }
    onClose();
  };
  return (
    <RecordDialog
      title={of.name}
      onClose={onClose}
      problems={{
        name: name.trim() ? null : t('students.nameMissing'),
        day: DATE.test(day) ? null : t('holidays.dayMissing'),
      }}
      save={async () => {
        await eachDay(({ id }) =>
          client.holidays.update(id, { name: name.trim(), ...(single ? { day } : {}) }),
        );
        notify(t('app.saved'));
      }}
      removal={{
        title: t('students.removeTitle', { name: of.name }),
        body: t('holidays.removeBody', { days: daysText(of.from, of.until) }),
        remove: async () => {
          await eachDay(({ id }) => client.holidays.remove(id).catch(unlessGone));
          notify(t('students.removed', { name: of.name }));
        },
      }}
    >
      {(problems) => (
        <>
          <TextField
            label={t('courses.name')}
            value={name}
            onValue={setName}
            problem={problems.name}
            input={{ maxLength: 200, autocomplete: 'off' }}
          />
          {single ? (
            <TextField
              label={t('holidays.day')}
              value={day}
              onValue={setDay}
              problem={problems.day}
              input={{ type: 'date' }}
            />
          ) : (
            <p class="small muted">{t('holidays.wholeBreak', { days: daysText(of.from, of.until) })}</p>
          )}
        </>
      )}
    </RecordDialog>
  );
}

/** A second try after half of it went finds the first half gone. */
function unlessGone(error: unknown): void {
  if (!(error instanceof ApiError) || error.code !== 'holiday-not-found') throw error;
}
