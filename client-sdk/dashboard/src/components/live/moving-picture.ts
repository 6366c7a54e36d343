import {
  createFaceTimeline,
  type FacesAt,
  type FacesEvent,
  type ShownFrame,
  type StreamWatch,
  watchStream,
} from '../../../../src/index.ts';
import type { LiveStore } from '../../state/live-store.ts';
import { client } from '../../state/session.ts';

export interface MovingPicture {
  /** Null: it comes, or is there. Else why there is none this way, a code. */
  unavailable(): string | null;
  close(): void;
}

export interface MovingFrame {
  video: HTMLVideoElement;
  /** Where the faces were when this frame was captured. */
  faces: FacesAt | null;
  /** When that was, on the server's clock; null: not known, and `faces` are the latest. */
  atMs: number | null;
}

/** The picture is held back by no more than this for the boxes to be there with it. */
const LONGEST_DELAY_MS = 1000;
const FIRST_DELAY_MS = 150;
/** Boxes move on by themselves for so long: the picture need not wait for that. */
const SPARE_MS = 200;
/** Observations further apart than this are those of a camera that is looked at now and then: no delay helps. */
const LONGEST_PERIOD_MS = 1500;
/** Smaller changes are not worth a change of speed. */
const DELAY_STEP_MS = 40;
/** Observations that the delay is judged by: a few seconds. */
const JUDGED = 15;

/**
 * A stream's video by WebRTC, with the faces that belong to each frame. Boxes take longer to come than the picture, so
 * the picture waits for them, and between two observations they move along.
 *
 * @param video an element in the page, for browsers give frames to what may be seen
 */
export function showMovingPicture(
  store: LiveStore,
  streamId: string,
  video: HTMLVideoElement,
  onFrame: (frame: MovingFrame) => void,
): MovingPicture {
  const timeline = createFaceTimeline();
  const delay = createDelay();
  const watch: StreamWatch = watchStream({ tokens: client.tokens, streamId, delayMs: FIRST_DELAY_MS });
  let shown: { captureMs: number; at: number } | null = null;
  let over = false;
  let request = 0;

  const stopFaces = store.frames({
    onPicture: () => undefined,
    onFaces(found: FacesEvent) {
      if (found.streamId !== streamId) return;
      const before = timeline.newest();
      timeline.add(found);
      if (!shown || !before || found.atMs <= before.atMs) return;
      // Of what is on the screen now, so much had no observation after it until this one came.
      const nowShownMs = shown.captureMs + (performance.now() - shown.at);
      const changed = delay.late(nowShownMs - before.atMs, found.atMs - before.atMs);
      if (changed !== null) watch.setDelay(changed);
    },
  });

  const paint = (frame: ShownFrame) => {
    if (over) return;
    const captureMs = watch.captureTime(frame);
    if (captureMs !== null) shown = { captureMs, at: performance.now() };
    onFrame({
      video,
      atMs: captureMs,
      faces: captureMs === null ? timeline.newest() : timeline.at(captureMs),
    });
  };
  const next = () => {
    if (over) return;
    if ('requestVideoFrameCallback' in video) {
      request = video.requestVideoFrameCallback((_now, frame) => {
        paint(frame);
        next();
      });
    } else {
      // Nothing is known of the frame then: faces are the latest.
      request = requestAnimationFrame(() => {
        if ((video as HTMLVideoElement).readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) paint({});
        next();
      });
    }
  };
  const play = () => {
    // Refused where the page may not play by itself; a muted picture may.
    if (!over && video.paused) void video.play().catch(() => undefined);
  };

  video.muted = true;
  video.srcObject = watch.stream;
  const stopWatch = watch.onChange(play);
  watch.stream.addEventListener('addtrack', play);
  play();
  next();

  return {
    unavailable: () =>
      watch.state === 'unavailable' || watch.state === 'closed' ? (watch.reason ?? 'closed') : null,
    close() {
      over = true;
      if ('requestVideoFrameCallback' in video) video.cancelVideoFrameCallback(request);
      else cancelAnimationFrame(request);
      stopFaces();
      stopWatch();
      watch.stream.removeEventListener('addtrack', play);
      watch.close();
      video.srcObject = null;
    },
  };
}

/** How much the picture has to wait: raised at once when boxes come too late, lowered when they have long been early. */
function createDelay() {
  let delayMs = FIRST_DELAY_MS;
  let needed: number[] = [];
  return {
    /** The new delay, or null for the one that holds. `lateMs`: the picture was so far ahead of the boxes, of `periodMs`. */
    late(lateMs: number, periodMs: number): number | null {
      if (periodMs > LONGEST_PERIOD_MS) return null;
      needed = [...needed, delayMs + lateMs - SPARE_MS].slice(-JUDGED);
      const wanted = Math.round(Math.min(LONGEST_DELAY_MS, Math.max(0, ...needed)));
      if (Math.abs(wanted - delayMs) < DELAY_STEP_MS) return null;
      if (wanted < delayMs && needed.length < JUDGED) return null;
      delayMs = wanted;
      needed = [];
      return delayMs;
    },
  };
}
