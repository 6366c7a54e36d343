import { useEffect, useRef } from 'preact/hooks';
import { t } from '../../i18n/index.ts';
import { faceAt } from '../../state/class-photo.ts';

type Box = readonly number[];

/** A photo of a class as the page holds it: boxes are in its pixels, the bitmap may be smaller. */
export interface Picture {
  bitmap: ImageBitmap;
  width: number;
  height: number;
}

export interface Mark {
  id: string;
  box: Box;
  index: number;
  /** Whose it is, where that was said. */
  name: string | null;
  state: 'open' | 'named' | 'enrolled' | 'refused';
}

interface PhotoMapProps {
  picture: Picture;
  marks: readonly Mark[];
  rejected: readonly { box: Box }[];
  chosen: string | null;
  onChoose(faceId: string): void;
}

/** How far beside a small face a click still means it, on the screen. */
const REACH_PX = 24;

/** The faces in their places. All of it can be read and done in the list beside it: here it is for the eye. */
export function PhotoMap({ picture, marks, rejected, chosen, onChoose }: PhotoMapProps) {
  const { bitmap, width, height } = picture;
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const target = canvas.current;
    if (!target) return;
    target.width = bitmap.width;
    target.height = bitmap.height;
    target.getContext('2d')?.drawImage(bitmap, 0, 0);
  }, [bitmap]);
  const place = ([x = 0, y = 0, w = 0, h = 0]: Box) => ({
    left: `${(x / width) * 100}%`,
    top: `${(y / height) * 100}%`,
    width: `${(w / width) * 100}%`,
    height: `${(h / height) * 100}%`,
  });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: clicking a face is an extra, the list beside it does the same
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    <div
      class="photo-map"
      onClick={(event) => {
        const shown = event.currentTarget.getBoundingClientRect();
        const scale = width / shown.width;
        const [x, y] = [(event.clientX - shown.left) * scale, (event.clientY - shown.top) * scale];
        const face = faceAt(marks, x, y, REACH_PX * scale);
        if (face) onChoose(face.id);
      }}
    >
      <canvas ref={canvas} role="img" aria-label={t('classPhoto.pictureOf', { count: marks.length })} />
      {rejected.map(({ box }) => (
        <span
          key={box.join()}
          class="photo-box"
          data-state="rejected"
          style={place(box)}
          aria-hidden="true"
        />
      ))}
      {marks.map((mark) => (
        <span
          key={mark.id}
          class="photo-box"
          data-state={mark.state}
          data-chosen={mark.id === chosen}
          style={place(mark.box)}
          aria-hidden="true"
        >
          <span class="photo-tag">
            {mark.index}
            {mark.name && <span class="photo-name"> {mark.name}</span>}
          </span>
        </span>
      ))}
    </div>
  );
}

interface FaceCropProps {
  picture: Picture;
  box: Box;
  label: string;
}

const CROP_PX = 144;
/** Of the face on each side: hair and chin help to know somebody. */
const MARGIN = 0.35;

/** One face, cut out of the photo that the page holds. */
export function FaceCrop({ picture: { bitmap, width }, box, label }: FaceCropProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [x = 0, y = 0, w = 0, h = 0] = box;
  useEffect(() => {
    const scale = bitmap.width / width;
    const side = Math.max(w, h) * (1 + 2 * MARGIN) * scale;
    const [left, top] = [(x + w / 2) * scale - side / 2, (y + h / 2) * scale - side / 2];
    canvas.current?.getContext('2d')?.drawImage(bitmap, left, top, side, side, 0, 0, CROP_PX, CROP_PX);
  }, [bitmap, width, x, y, w, h]);
  return (
    <div class="picture">
      <canvas ref={canvas} width={CROP_PX} height={CROP_PX} role="img" aria-label={label} />
    </div>
  );
}
