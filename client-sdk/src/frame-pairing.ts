import type { FacesEvent, PictureEvent } from './types.ts';

/** One frame as it is to be drawn: the picture, and the faces that were found in this very picture. */
export interface PairedFrame<Picture> {
  picture: Picture;
  faces: FacesEvent | null;
}

export interface FramePairing<Picture extends Pick<PictureEvent, 'streamId' | 'seq'>> {
  addPicture(picture: Picture, nowMs: number): PairedFrame<Picture> | null;
  addFaces(faces: FacesEvent): PairedFrame<Picture> | null;
  /** A picture whose faces are overdue is shown bare: better a moving picture than none. */
  overdue(nowMs: number): PairedFrame<Picture> | null;
  reset(streamId: string | null): void;
}

const FACES_KEPT = 40;

/**
 * Brings pictures and faces of one stream together by their frame number. They travel apart (pictures may be
 * dropped on a slow line, faces never are) and in either order; a frame older than the one shown is not shown.
 */
export function createFramePairing<Picture extends Pick<PictureEvent, 'streamId' | 'seq'>>(
  patienceMs = 400,
): FramePairing<Picture> {
  let streamId: string | null = null;
  let shown = -1;
  let waiting: { picture: Picture; sinceMs: number } | null = null;
  const faces = new Map<number, FacesEvent>();

  const show = (picture: Picture, found: FacesEvent | null): PairedFrame<Picture> => {
    shown = picture.seq;
    if (waiting && waiting.picture.seq <= shown) waiting = null;
    for (const seq of faces.keys()) if (seq <= shown) faces.delete(seq);
    return { picture, faces: found };
  };

  return {
    addPicture(picture, nowMs) {
      if (picture.streamId !== streamId || picture.seq <= shown) return null;
      const found = faces.get(picture.seq);
      if (found) return show(picture, found);
      if (!waiting || picture.seq > waiting.picture.seq) waiting = { picture, sinceMs: nowMs };
      return null;
    },
    addFaces(found) {
      if (found.streamId !== streamId || found.seq <= shown) return null;
      if (waiting?.picture.seq === found.seq) return show(waiting.picture, found);
      faces.set(found.seq, found);
      const oldest = faces.keys().next();
      if (faces.size > FACES_KEPT && !oldest.done) faces.delete(oldest.value);
      return null;
    },
    overdue(nowMs) {
      return waiting && nowMs - waiting.sinceMs >= patienceMs ? show(waiting.picture, null) : null;
    },
    reset(next) {
      streamId = next;
      shown = -1;
      waiting = null;
      faces.clear();
    },
  };
}
