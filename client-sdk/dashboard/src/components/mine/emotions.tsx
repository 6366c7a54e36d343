import { percent } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import type { TextKey } from '../../i18n/messages.ts';
import { useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { LoadFailed, Skeleton } from '../feedback.tsx';

/** What a program guessed, where the policy lets it be read and the student agreed. */
export function MyEmotions({ studentId }: { studentId: string }) {
  const report = useResource(() => client.students.emotions(studentId), [studentId]);
  const { data } = report;
  return (
    <section class="card padded stack" aria-labelledby="emotions-title">
      <h2 id="emotions-title">{t('mine.emotionsTitle')}</h2>
      {!data &&
        (report.error ? <LoadFailed error={report.error} retry={report.reload} /> : <Skeleton rows={2} />)}
      {data && !data.scores && <p class="muted">{t('mine.emotionsNone')}</p>}
      {data?.scores && (
        <>
          <dl class="shares small">
            {Object.entries(data.scores)
              .sort(([, a], [, b]) => b - a)
              .map(([label, score]) => (
                <div key={label}>
                  <dt>{t(`attention.emotion.${label}` as TextKey)}</dt>
                  <dd class="bar" aria-hidden="true">
                    <span style={{ width: `${score * 100}%` }} />
                  </dd>
                  <dd class="tabular">{percent(score)}</dd>
                </div>
              ))}
          </dl>
          <p class="small muted">{t('mine.emotionsSamples', { count: data.samples })}</p>
        </>
      )}
    </section>
  );
}
