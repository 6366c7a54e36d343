import { Gauge, Keyboard, Maximize, Minimize, Tag } from 'lucide';
import { useEffect, useRef, useState } from 'preact/hooks';
import {
  createFramePairing,
  type FacesEvent,
  type PairedFrame,
  type PictureEvent,
  type StreamStatusEvent,
} from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { streamText } from '../../state/errors.ts';
import type { LiveStore } from '../../state/live-store.ts';
import { Icon } from '../icon.tsx';
import { paintFrame } from './paint.ts';

type DecodedPicture = Omit<PictureEvent, 'jpeg'> & { bitmap: ImageBitmap };

interface StageProps {
  store: LiveStore;
  stream: StreamStatusEvent;
  camera: string;
  onHelp(): void;
}

const STATES = ['sure', 'review', 'pending', 'unknown'] as const;
/** Levels that a teacher could notice. */
const LESS = new Set(['less-pose', 'less-embedding', 'smaller-detection', 'fewer-frames']);
/** Wider pictures cost the line more than they show. */
const WIDEST_PICTURE = 1280;

/** The camera's picture with the faces that were found in it. */
export function Stage({ store, stream, camera, onHelp }: StageProps) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [names, setNames] = useState(true);
  const [full, setFull] = useState(false);
  const { faces, shown } = usePictures(store, stream.streamId, canvas, names);
  const live = stream.state === 'live' && store.connection.value === 'online';

  useEffect(() => {
    const changed = () => setFull(document.fullscreenElement === frame.current);
    document.addEventListener('fullscreenchange', changed);
    return () => document.removeEventListener('fullscreenchange', changed);
  }, []);

  return (
    <div class="stage" ref={frame} data-stale={shown && !live}>
      <div class="stage-picture">
        <canvas
          ref={canvas}
          role="img"
          aria-label={t('live.picture', { camera, faces: t('live.faces', { count: faces }) })}
        />
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

/** Paints the newest frame as it comes; only how many faces are in view makes the component render. */
function usePictures(
  store: LiveStore,
  streamId: string,
  canvas: { current: HTMLCanvasElement | null },
  names: boolean,
) {
  const [faces, setFaces] = useState(0);
  const [shown, setShown] = useState(false);
  const last = useRef<PairedFrame<DecodedPicture> | null>(null);
  const options = useRef({ names });
  options.current = { names };

  useEffect(() => {
    const pairing = createFramePairing<DecodedPicture>();
    const target = canvas.current;
    const context = target?.getContext('2d');
    if (!target || !context) return;
    let decoding = false;
    let newest: PictureEvent | null = null;
    let over = false;
    pairing.reset(streamId);
    setShown(false);

    const paint = () => {
      const frame = last.current;
      if (!frame || !target.width) return;
      paintFrame(context, frame.picture.bitmap, frame.faces, { ...options.current, ratio: devicePixelRatio });
    };
    const show = (frame: PairedFrame<DecodedPicture> | null) => {
      if (!frame || over) return;
      if (last.current?.picture !== frame.picture) last.current?.picture.bitmap.close();
      last.current = frame;
      setShown(true);
      setFaces(frame.faces?.faces.length ?? 0);
      requestAnimationFrame(paint);
    };
    // Newest picture wins: one that comes while another is being decoded replaces the one in waiting.
    const decode = async () => {
      if (decoding) return;
      decoding = true;
      while (newest && !over) {
        const { jpeg, ...picture } = newest;
        newest = null;
        const bitmap = await createImageBitmap(new Blob([jpeg], { type: 'image/jpeg' })).catch(() => null);
        if (bitmap) show(pairing.addPicture({ ...picture, bitmap }, performance.now()));
      }
      decoding = false;
    };

    const stop = store.frames({
      onPicture(picture) {
        if (picture.streamId !== streamId) return;
        newest = picture;
        decode();
      },
      onFaces: (found: FacesEvent) => show(pairing.addFaces(found)),
    });
    const overdue = setInterval(() => show(pairing.overdue(performance.now())), 150);
    const resized = new ResizeObserver(() => {
      target.width = Math.round(target.clientWidth * devicePixelRatio);
      target.height = Math.round(target.clientHeight * devicePixelRatio);
      paint();
    });
    resized.observe(target);
    const width = Math.min(WIDEST_PICTURE, Math.max(320, Math.round(target.clientWidth * devicePixelRatio)));
    store.watch(streamId, width);
    return () => {
      over = true;
      stop();
      clearInterval(overdue);
      resized.disconnect();
      store.watch(null);
      last.current?.picture.bitmap.close();
      last.current = null;
    };
  }, [store, streamId, canvas]);

  return { faces, shown };
}
