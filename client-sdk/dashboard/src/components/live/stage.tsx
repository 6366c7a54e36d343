import { signal } from '@preact/signals';
import { Film, Gauge, Images, Keyboard, Maximize, Minimize, Tag } from 'lucide';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { StreamStatusEvent } from '../../../../src/index.ts';
import { list } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { streamText } from '../../state/errors.ts';
import type { LiveStore } from '../../state/live-store.ts';
import { Icon } from '../icon.tsx';
import { type StagePicture, useStage } from './use-stage.ts';

interface StageProps {
  store: LiveStore;
  stream: StreamStatusEvent;
  camera: string;
  onHelp(): void;
}

const STATES = ['sure', 'review', 'pending', 'unknown'] as const;
/** Levels that a teacher could notice. */
const LESS = new Set(['less-pose', 'less-embedding', 'smaller-detection', 'fewer-frames']);
/** Streams of which this page shows single pictures because somebody wants it so; forgotten with the page. */
const calm = signal<ReadonlySet<string>>(new Set());

/** The camera's picture with the faces that were found in it. */
export function Stage({ store, stream, camera, onHelp }: StageProps) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [names, setNames] = useState(true);
  const [full, setFull] = useState(false);
  const moving = !calm.value.has(stream.streamId);
  const { faces, inView, picture } = useStage(store, stream.streamId, { canvas, video, moving, names });
  const shown = picture.kind !== null;
  const live = stream.state === 'live' && store.connection.value === 'online';

  useEffect(() => {
    const changed = () => setFull(document.fullscreenElement === frame.current);
    document.addEventListener('fullscreenchange', changed);
    return () => document.removeEventListener('fullscreenchange', changed);
  }, []);

  return (
    <div class="stage" ref={frame} data-stale={shown && !live}>
      <div class="stage-picture">
        {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: without controls it takes no focus */}
        <video ref={video} muted playsinline aria-hidden="true" />
        <canvas
          ref={canvas}
          role="img"
          aria-label={t('live.picture', { camera, faces: t('live.faces', { count: faces }) })}
          aria-describedby={inView.length > 0 ? `in-view-${stream.streamId}` : undefined}
        />
        {inView.length > 0 && (
          <p class="visually-hidden" id={`in-view-${stream.streamId}`}>
            {t('live.inView', { names: list(inView) })}
          </p>
        )}
        {!shown && stream.state !== 'failed' && (
          <p>
            {stream.reason === 'no-publisher' ? streamText('reason', stream.reason) : t('live.noPicture')}
          </p>
        )}
        <div class="stage-top">
          <span class="stage-state" data-state={live ? 'live' : stream.state}>
            <span class="dot" />
            {t(`stream.state.${stream.state}`)}
          </span>
          {live && moving && picture.kind === 'still' && <StillNote picture={picture} />}
          {live && LESS.has(stream.load) && (
            <span class="stage-state" title={t('stream.load')}>
              <Icon of={Gauge} size={14} />
              {t('stream.busy')}
              <span class="visually-hidden">{t('stream.load')}</span>
            </span>
          )}
          {shown && <span class="stage-state count tabular">{t('live.faces', { count: faces })}</span>}
        </div>
      </div>
      <div class="stage-foot">
        <ul aria-label={t('live.legend')}>
          {STATES.map((state) => (
            <li key={state}>
              <span class="swatch" data-state={state} />
              {t(`face.${state}`)}
            </li>
          ))}
        </ul>
        <div class="actions">
          <button
            type="button"
            class="button icon small"
            aria-pressed={moving}
            aria-label={t('live.moving')}
            title={t('live.moving')}
            onClick={() => setMoving(stream.streamId, !moving)}
          >
            <Icon of={Film} />
          </button>
          <button
            type="button"
            class="button icon small"
            aria-pressed={names}
            aria-label={t('live.names')}
            title={t('live.names')}
            onClick={() => setNames(!names)}
          >
            <Icon of={Tag} />
          </button>
          <button
            type="button"
            class="button icon small"
            aria-label={t('keys.open')}
            title={t('keys.open')}
            onClick={onHelp}
          >
            <Icon of={Keyboard} />
          </button>
          <button
            type="button"
            class="button icon small"
            aria-label={full ? t('live.leaveFullscreen') : t('live.fullscreen')}
            title={full ? t('live.leaveFullscreen') : t('live.fullscreen')}
            onClick={() => (full ? document.exitFullscreen() : frame.current?.requestFullscreen())}
          >
            <Icon of={full ? Minimize : Maximize} />
          </button>
        </div>
      </div>
    </div>
  );
}

/** Why there are single pictures where a moving one is wanted. */
function StillNote({ picture }: { picture: StagePicture }) {
  const why = picture.reason === null ? t('live.stillConnecting') : t('live.stillReason');
  return (
    <span class="stage-state" title={why}>
      <Icon of={Images} size={14} />
      {t('live.still')}
      <span class="visually-hidden">{why}</span>
    </span>
  );
}

function setMoving(streamId: string, moving: boolean): void {
  const next = new Set(calm.peek());
  if (moving) next.delete(streamId);
  else next.add(streamId);
  calm.value = next;
}
