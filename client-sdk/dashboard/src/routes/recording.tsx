import { Film } from 'lucide';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { EmptyState, LoadFailed, Skeleton } from '../components/feedback.tsx';
import { PageHead } from '../components/page.tsx';
import { Player } from '../components/recordings/player.tsx';
import { Timeline } from '../components/recordings/timeline.tsx';
import { RemoveButton } from '../components/remove-button.tsx';
import { date, dateTime, duration } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { notify } from '../state/notices.ts';
import { useResource } from '../state/resource.ts';
import { client } from '../state/session.ts';
import { megabytes } from './recordings.tsx';

/** While it is being recorded there are more marks every now and then. */
const RENEW_MS = 10_000;

export function RecordingPage() {
  const { params } = useRoute();
  const { route } = useLocation();
  const id = params.id ?? '';
  const video = useRef<HTMLVideoElement>(null);
  const [atMs, setAtMs] = useState(0);
  const recording = useResource(() => client.recordings.get(id), [id]);
  const timeline = useResource(() => client.recordings.timeline(id), [id]);
  const running = recording.data?.status === 'recording';
  const { reload } = recording;
  const reloadMarks = timeline.reload;
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => {
      reload();
      reloadMarks();
    }, RENEW_MS);
    return () => clearInterval(timer);
  }, [running, reload, reloadMarks]);
  const { data } = recording;
  if (!data) {
    return (
      <div class="page">
        {recording.error ? <LoadFailed error={recording.error} retry={reload} /> : <Skeleton />}
      </div>
    );
  }
  const seek = (ms: number) => {
    if (!video.current) return;
    video.current.currentTime = ms / 1000;
    video.current.play().catch(() => undefined);
  };
  const facts = [
    data.camera,
    dateTime(data.startedAt),
    duration(data.durationMs),
    megabytes(data.bytes),
    t('recordings.keptUntil', { day: date(`${data.keptUntil}T12:00:00`) }),
  ];
  return (
    <div class="page">
      <PageHead title={data.course.name} lead={facts.join(' · ')}>
        <a class="button" href="/recordings">
          {t('recordings.back')}
        </a>
        {running ? (
          <span class="chip" data-tone="bad">
            {t('recordings.running')}
          </span>
        ) : (
          <RemoveButton
            title={t('recordings.removeTitle')}
            body={t('recordings.removeBody')}
            remove={async () => {
              await client.recordings.remove(id);
              notify(t('recordings.removed'));
              route('/recordings', true);
            }}
          />
        )}
      </PageHead>
      {data.durationMs === 0 ? (
        <div class="card">
          <EmptyState icon={Film} title={t('recordings.empty')} />
        </div>
      ) : (
        <>
          <Player id={id} camera={data.camera} video={video} onTime={setAtMs} />
          {timeline.error && !timeline.data && <LoadFailed error={timeline.error} retry={reloadMarks} />}
          {timeline.data && <Timeline timeline={timeline.data} atMs={atMs} onSeek={seek} />}
        </>
      )}
    </div>
  );
}
