import type { IconNode } from 'lucide';
import { LoaderCircle, TriangleAlert, Video, VideoOff } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import type { StreamState, StreamStatusEvent } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { streamText } from '../../state/errors.ts';
import { Banner, type Tone } from '../feedback.tsx';

const LOOK: Record<StreamState, { tone: Tone; icon: IconNode }> = {
  connecting: { tone: 'still', icon: LoaderCircle },
  live: { tone: 'good', icon: Video },
  stalled: { tone: 'warn', icon: TriangleAlert },
  reconnecting: { tone: 'warn', icon: TriangleAlert },
  failed: { tone: 'bad', icon: VideoOff },
  ended: { tone: 'still', icon: VideoOff },
};

/** What is wrong with a camera, why, and what to do about it; nothing while all is well. */
export function StreamBanner({ stream, camera }: { stream: StreamStatusEvent; camera: string }) {
  if (stream.state === 'live') return null;
  const { tone, icon } = LOOK[stream.state];
  return (
    <Banner tone={tone} icon={icon} role={stream.state === 'failed' ? 'alert' : 'status'}>
      <strong>
        {camera}: {t(`stream.state.${stream.state}`)}
      </strong>{' '}
      {streamText('reason', stream.reason)} {streamText('todo', stream.reason)}{' '}
      {stream.state === 'reconnecting' && <RetryClock at={stream.retryAt} />}{' '}
      {stream.state !== 'connecting' && stream.state !== 'ended' && t('stream.rollGoesOn')}
    </Banner>
  );
}

/** Counts down for the eye only: a live region that changes each second could not be listened to. */
function RetryClock({ at }: { at: string | null }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = at ? Math.ceil((Date.parse(at) - Date.now()) / 1_000) : 0;
  return (
    <span aria-hidden="true">{seconds > 0 ? t('stream.retry', { seconds }) : t('stream.retrying')}</span>
  );
}
