import {
  createFramePairing,
  type FacesEvent,
  type PairedFrame,
  type PictureEvent,
} from '../../../../src/index.ts';
import type { LiveStore } from '../../state/live-store.ts';

type DecodedPicture = Omit<PictureEvent, 'jpeg'> & { bitmap: ImageBitmap };

/** Looks for pictures whose faces are overdue this often. */
const OVERDUE_EVERY_MS = 150;

/**
 * The analysed pictures of a stream as the server sends them one by one, each with its own faces, until the answered
 * function is called. A bitmap is the callee's until the next one comes.
 *
 * @param width of the pictures, pixels
 */
export function showStillPictures(
  store: LiveStore,
  streamId: string,
  width: number,
  onFrame: (picture: ImageBitmap, faces: FacesEvent | null) => void,
): () => void {
  const pairing = createFramePairing<DecodedPicture>();
  let shown: ImageBitmap | null = null;
  let decoding = false;
  let newest: PictureEvent | null = null;
  let over = false;
  pairing.reset(streamId);

  const show = (frame: PairedFrame<DecodedPicture> | null) => {
    if (!frame || over) return;
    const before = shown;
    shown = frame.picture.bitmap;
    onFrame(shown, frame.faces);
    if (before !== shown) before?.close();
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
      void decode();
    },
    onFaces: (found) => show(pairing.addFaces(found)),
  });
  const overdue = setInterval(() => show(pairing.overdue(performance.now())), OVERDUE_EVERY_MS);
  store.watch(streamId, width);
  return () => {
    over = true;
    stop();
    clearInterval(overdue);
    store.watch(null);
    shown?.close();
  };
}
