import { useState } from 'preact/hooks';
import { dateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { LoadFailed, Skeleton } from '../feedback.tsx';
import { Pager } from '../pager.tsx';

const PAGE = 10;

export function ConsentHistory({ studentId, version }: { studentId: string; version: string }) {
  const [skip, setSkip] = useState(0);
  const history = useResource(
    () => client.students.consents(studentId, { skip, limit: PAGE }),
    [studentId, skip, version],
  );
  const { data } = history;
  return (
    <section class="card padded stack" aria-labelledby="history-title">
      <h2 id="history-title">{t('mine.history')}</h2>
      {!data &&
        (history.error ? <LoadFailed error={history.error} retry={history.reload} /> : <Skeleton rows={2} />)}
      {data?.total === 0 && <p class="muted">{t('mine.historyNone')}</p>}
      {data && data.items.length > 0 && (
        <>
          <ol class="stack tight">
            {data.items.map(({ purpose, granted, at, recordedBy }) => (
              <li key={`${purpose} ${at}`}>
                {t(granted ? 'mine.historyGiven' : 'mine.historyWithdrawn', {
                  purpose: t(`mine.${purpose}`),
                })}
                <br />
                <span class="small muted">
                  {dateTime(at)}
                  {recordedBy.name && ` · ${t('mine.historyBy', { name: recordedBy.name })}`}
                </span>
              </li>
            ))}
          </ol>
          <Pager page={data} onSkip={setSkip} />
        </>
      )}
    </section>
  );
}
