import { useEffect, useRef, useState } from 'preact/hooks';
import type { FacesAt, FacesEvent } from '../../../../src/index.ts';
import type { LiveStore } from '../../state/live-store.ts';
import { type MovingFrame, showMovingPicture } from './moving-picture.ts';
import { paintFrame } from './paint.ts';
import { showStillPictures } from './still-pictures.ts';

/** What the stage shows. */
export interface StagePicture {
  kind: 'moving' | 'still' | null;
  /** A code, where there is no moving picture to be had. */
  reason: string | null;
}

interface StageOptions {
  canvas: { current: HTMLCanvasElement | null };
  video: { current: HTMLVideoElement | null };
  /** A moving picture is wanted. */
  moving: boolean;
  names: boolean;
}

/** Told of each frame of a moving picture as it is painted: the canvas' `painted` event. */
interface Painted {
  /** When the frame was captured, on the server's clock, as far as is known. */
  atMs: number | null;
  /** The instant that its boxes stand for. */
  facesAtMs: number | null;
}

/** Wider pictures cost the line more than they show. */
const WIDEST_PICTURE = 1280;
/** A moving picture that stands still for so long has gone: single ones are shown until it is back. */
const STILL_AFTER_MS = 2000;
/** Boxes that are so much older than their picture are drawn faintly. */
const LATE_MS = 150;
const LOOK_EVERY_MS = 500;
/** Names in view change this often at most: they are read, not watched. */
const NAMES_EVERY_MS = 1500;

/**
 * Paints a stream's picture with its faces: the moving one, and single pictures until that is there, while it is away,
 * and where it cannot be had. Only how many faces are in view, and who, makes the component render.
 */
export function useStage(
  store: LiveStore,
  streamId: string,
  { canvas, video, moving, names }: StageOptions,
): { faces: number; inView: string[]; picture: StagePicture } {
  const [faces, setFaces] = useState(0);
  const [inView, setInView] = useState<string[]>([]);
  const [picture, setPicture] = useState<StagePicture>({ kind: null, reason: null });
  const options = useRef({ names });
  options.current = { names };

  useEffect(() => {
    const target = canvas.current;
    const element = video.current;
    const context = target?.getContext('2d');
    if (!target || !element || !context) return;
    let repaint: (() => void) | null = null;
    let seen: Pick<FacesAt, 'width' | 'faces'> | null = null;
    let movedAt = Number.NEGATIVE_INFINITY;
    let stopStills: (() => void) | null = null;
    let kind: StagePicture['kind'] = null;
    let late = false;
    setPicture({ kind: null, reason: null });
    setInView([]);

    const show = (next: 'moving' | 'still', source: ImageBitmap | HTMLVideoElement, found: typeof seen) => {
      seen = found;
      setFaces(found?.faces.length ?? 0);
      repaint = () => {
        const { names } = options.current;
        if (target.width) paintFrame(context, source, seen, { names, late, ratio: devicePixelRatio });
      };
      if (kind === next) return;
      kind = next;
      setPicture((held) => ({ ...held, kind: next }));
    };

    const stills = (on: boolean) => {
      if (on === (stopStills !== null)) return;
      if (on) {
        const width = Math.max(320, Math.round(target.clientWidth * devicePixelRatio));
        stopStills = showStillPictures(store, streamId, Math.min(WIDEST_PICTURE, width), onStill);
      } else {
        stopStills?.();
        stopStills = null;
      }
    };
    const onStill = (bitmap: ImageBitmap, found: FacesEvent | null) => {
      if (performance.now() - movedAt < STILL_AFTER_MS) return;
      late = false;
      show('still', bitmap, found);
      requestAnimationFrame(() => repaint?.());
    };

    const film = moving
      ? showMovingPicture(store, streamId, element, (frame) => {
          movedAt = performance.now();
          late = lateBy(frame) > LATE_MS;
          show('moving', frame.video, frame.faces);
          stills(false);
          // Painted at once, while the frame is the one that the boxes belong to.
          repaint?.();
          const detail: Painted = { atMs: frame.atMs, facesAtMs: frame.faces?.atMs ?? null };
          target.dispatchEvent(new CustomEvent('painted', { detail }));
        })
      : null;
    stills(true);

    const looking = setInterval(() => {
      // A page in the background is given no frames: that says nothing of the stream.
      if (!document.hidden && performance.now() - movedAt > STILL_AFTER_MS) stills(true);
      const reason = film?.unavailable() ?? null;
      setPicture((held) => (held.reason === reason ? held : { ...held, reason }));
    }, LOOK_EVERY_MS);
    const naming = setInterval(() => {
      const named = (seen?.faces ?? []).flatMap(({ state, name }) =>
        state === 'sure' && name ? [name] : [],
      );
      const next = [...new Set(named)].sort();
      setInView((held) => (held.join() === next.join() ? held : next));
    }, NAMES_EVERY_MS);
    const resized = new ResizeObserver(() => {
      target.width = Math.round(target.clientWidth * devicePixelRatio);
      target.height = Math.round(target.clientHeight * devicePixelRatio);
      repaint?.();
    });
    resized.observe(target);
    return () => {
      film?.close();
      stills(false);
      clearInterval(looking);
      clearInterval(naming);
      resized.disconnect();
      repaint = null;
    };
  }, [store, streamId, canvas, video, moving]);

  return { faces, inView, picture };
}

const lateBy = ({ atMs, faces }: MovingFrame): number =>
  atMs === null || faces === null ? 0 : atMs - faces.atMs;
