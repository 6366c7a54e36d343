import { ChevronRight, Film } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import type { Recording } from '../../../src/index.ts';
import { EmptyState, LoadFailed, Skeleton } from '../components/feedback.tsx';
import { Icon } from '../components/icon.tsx';
import { PageHead } from '../components/page.tsx';
import { Pager } from '../components/pager.tsx';
import { SelectField } from '../components/select-field.tsx';
import { date, dateTime, duration, number } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { useResource } from '../state/resource.ts';
import { client } from '../state/session.ts';

const PAGE = 50;
const MOST_COURSES = 200;

export function Recordings() {
  const [skip, setSkip] = useState(0);
  const [courseId, setCourseId] = useState('');
  useEffect(() => setSkip(0), [courseId]);
  const of = courseId === '' ? {} : { courseId };
  const courses = useResource(() => client.courses.list({ limit: MOST_COURSES }), []);
  const { data, error, reload } = useResource(
    () => client.recordings.list({ ...of, skip, limit: PAGE }),
    [courseId, skip],
  );
  return (
    <div class="page">
      <PageHead title={t('recordings.title')} lead={t('recordings.lead')} />
      {courses.data && courses.data.items.length > 1 && (
        <div class="card padded filters">
          <SelectField
            label={t('recordings.course')}
            value={courseId}
            onValue={setCourseId}
            options={[
              { value: '', label: t('recordings.allCourses') },
              ...courses.data.items.map(({ id, name }) => ({ value: id, label: name })),
            ]}
          />
        </div>
      )}
      {!data && (error ? <LoadFailed error={error} retry={reload} /> : <Skeleton />)}
      {data && (
        <div class="card">
          {data.items.length === 0 && (
            <EmptyState icon={Film} title={t('recordings.none')} hint={t('recordings.noneHint')} />
          )}
          <ul class="list">
            {data.items.map((recording) => (
              <li key={recording.id}>
                <Row recording={recording} />
              </li>
            ))}
          </ul>
        </div>
      )}
      {data && <Pager page={data} onSkip={setSkip} />}
    </div>
  );
}

function Row({ recording }: { recording: Recording }) {
  const { course, camera, startedAt, durationMs, status, keptUntil } = recording;
  return (
    <a class="list-row" href={`/recordings/${recording.id}`}>
      <span class="grow">
        <span class="title">
          {course.name} · {camera}
        </span>
        <br />
        <span class="small muted">
          {[
            dateTime(startedAt),
            duration(durationMs),
            megabytes(recording.bytes),
            t('recordings.keptUntil', { day: date(`${keptUntil}T12:00:00`) }),
          ].join(' · ')}
        </span>
      </span>
      {status === 'recording' && (
        <span class="chip" data-tone="bad">
          {t('recordings.running')}
        </span>
      )}
      <span class="chevron">
        <Icon of={ChevronRight} />
      </span>
    </a>
  );
}

export const megabytes = (bytes: number): string => `${number(Math.round(bytes / 100_000) / 10)} MB`;
