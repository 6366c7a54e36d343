import { CircleAlert } from 'lucide';
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n/index.ts';
import { type PlayerProblem, playRecording } from '../../state/hls.ts';
import { client } from '../../state/session.ts';
import { Banner } from '../feedback.tsx';

interface PlayerProps {
  id: string;
  camera: string;
  video: RefObject<HTMLVideoElement | null>;
  onTime(ms: number): void;
}

export function Player({ id, camera, video, onTime }: PlayerProps) {
  const [problem, setProblem] = useState<PlayerProblem | null>(null);
  useEffect(() => {
    setProblem(null);
    return video.current
      ? playRecording(video.current, client.recordings.playlistUrl(id), setProblem)
      : undefined;
  }, [id, video]);
  return (
    <div class="stack tight">
      {problem && (
        <Banner tone="bad" icon={CircleAlert} role="alert">
          {t(problem === 'unsupported' ? 'recordings.cannotPlay' : 'recordings.playFailed')}
        </Banner>
      )}
      {/* There is no sound, and so nothing to be read along. */}
      <video
        ref={video}
        class="recording-video"
        controls
        playsInline
        muted
        aria-label={t('recordings.player', { camera })}
        onTimeUpdate={(event) => onTime(event.currentTarget.currentTime * 1000)}
      />
    </div>
  );
}
