import { useState } from 'preact/hooks';
import type { Contest } from '../../../../src/index.ts';
import { dayText } from '../../i18n/days.ts';
import { t } from '../../i18n/index.ts';
import { useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { ErrorBanner } from '../feedback.tsx';
import { Pager } from '../pager.tsx';
import { Answer } from './answer.tsx';

const PAGE = 10;

/** What the student has objected to and what was answered; nothing where there is none. */
export function MyObjections({ version }: { version: number }) {
  const [skip, setSkip] = useState(0);
  const contests = useResource(() => client.contests.list({ skip, limit: PAGE }), [skip, version]);
  const { data, error } = contests;
  if (error) return <ErrorBanner error={error} />;
  if (!data || data.total === 0) return null;
  return (
    <section class="stack" aria-labelledby="objections-title">
      <h2 id="objections-title">{t('mine.objections')}</h2>
      <ul class="card list">
        {data.items.map((contest) => (
          <Entry key={contest.id} contest={contest} />
        ))}
      </ul>
      <Pager page={data} onSkip={setSkip} />
    </section>
  );
}

const TONE = { open: 'accent', accepted: 'good', refused: 'still' } as const;

function Entry({ contest }: { contest: Contest }) {
  return (
    <li class="mark">
      <div class="grow stack tight">
        <p class="title">
          {contest.course.name}, {dayText(contest.day)}
        </p>
        <p class="said">{contest.text}</p>
        <Answer text={contest.answer} />
      </div>
      <span class="chip" data-tone={TONE[contest.status]}>
        {t(`mine.contestStatus.${contest.status}`)}
      </span>
    </li>
  );
}
