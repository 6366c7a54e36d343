import type { FacesAt, LiveFace } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';

/** Told apart by colour and by the line: solid, dashed, dotted, brackets. */
const LOOK: Record<
  LiveFace['state'],
  { line: string; label: string; text: string; dash: number[]; mark: string }
> = {
  sure: { line: '#4fd68c', label: '#0d5a34', text: '#ffffff', dash: [], mark: '✓ ' },
  review: { line: '#ffc34d', label: '#ffc34d', text: '#2a1c00', dash: [9, 5], mark: '? ' },
  pending: { line: '#6fd6e8', label: '#0d4a55', text: '#ffffff', dash: [2, 4], mark: '' },
  unknown: { line: '#d3dde1', label: '#39464d', text: '#ffffff', dash: [], mark: '' },
};

interface PaintOptions {
  names: boolean;
  /** The faces have moved on since: they are drawn faintly. */
  late: boolean;
  /** Device pixels for one CSS pixel. */
  ratio: number;
}

/** Draws the picture to fill the canvas' width, and every face of the same frame over it. */
export function paintFrame(
  context: CanvasRenderingContext2D,
  picture: ImageBitmap | HTMLVideoElement,
  faces: Pick<FacesAt, 'width' | 'faces'> | null,
  { names, late, ratio }: PaintOptions,
): void {
  const { width, height } = context.canvas;
  const [ownWidth, ownHeight] = sizeOf(picture);
  const scale = Math.min(width / ownWidth, height / ownHeight);
  const [w, h] = [ownWidth * scale, ownHeight * scale];
  const [left, top] = [(width - w) / 2, (height - h) / 2];
  context.clearRect(0, 0, width, height);
  context.drawImage(picture, left, top, w, h);
  if (!faces) return;

  context.save();
  context.translate(left, top);
  if (late) context.globalAlpha = 0.5;
  const perPixel = w / faces.width;
  const boxes = faces.faces.map((face) => ({ face, box: face.box.map((value) => value * perPixel) as Box }));
  for (const { face, box } of boxes) paintBox(context, face, box, ratio);
  const taken: Box[] = [];
  // What needs the teacher is labelled first: where labels collide, the later ones give way.
  const order = { review: 0, sure: 1, unknown: 2, pending: 3 };
  boxes.sort((a, b) => order[a.face.state] - order[b.face.state]);
  if (names) for (const { face, box } of boxes) paintLabel(context, face, box, ratio, taken, [w, h]);
  context.restore();
}

/** In pixels; an element's own width is that of its place in the page. */
const sizeOf = (picture: ImageBitmap | HTMLVideoElement): [number, number] =>
  picture instanceof HTMLVideoElement
    ? [picture.videoWidth || 1, picture.videoHeight || 1]
    : [picture.width, picture.height];

type Box = [x: number, y: number, width: number, height: number];

function paintBox(context: CanvasRenderingContext2D, face: LiveFace, [x, y, w, h]: Box, ratio: number): void {
  const look = LOOK[face.state];
  const path = new Path2D();
  if (face.state === 'unknown') {
    const arm = w * 0.25;
    for (const [edge, side] of [
      [y, 1],
      [y + h, -1],
    ] as const) {
      path.moveTo(x, edge + side * arm);
      path.lineTo(x, edge);
      path.lineTo(x + w, edge);
      path.lineTo(x + w, edge + side * arm);
    }
  } else {
    path.roundRect(x, y, w, h, 4 * ratio);
  }
  context.lineCap = face.state === 'pending' ? 'round' : 'butt';
  context.setLineDash(look.dash.map((length) => length * ratio));
  // A dark line below keeps the coloured one visible on a bright wall.
  context.lineWidth = 4 * ratio;
  context.strokeStyle = 'rgb(6 12 14 / 55%)';
  context.stroke(path);
  context.lineWidth = 2.2 * ratio;
  context.strokeStyle = look.line;
  context.stroke(path);
  context.setLineDash([]);
}

function paintLabel(
  context: CanvasRenderingContext2D,
  face: LiveFace,
  [x, y, w, h]: Box,
  ratio: number,
  taken: Box[],
  [width, height]: readonly [number, number],
): void {
  const text = labelOf(face);
  if (!text) return;
  const look = LOOK[face.state];
  const size = Math.min(12.5, Math.max(9, width / ratio / 64)) * ratio;
  context.font = `600 ${size}px "Inter Variable", system-ui, sans-serif`;
  const pad = size * 0.45;
  const labelWidth = context.measureText(text).width + 2 * pad;
  const labelHeight = size * 1.6;
  const left = Math.min(Math.max(0, x + w / 2 - labelWidth / 2), width - labelWidth);
  const places = [y - labelHeight - 3 * ratio, y + h + 3 * ratio, y - 2 * labelHeight - 5 * ratio];
  const free = places.find(
    (top) =>
      top >= 0 &&
      top + labelHeight <= height &&
      !taken.some((other) => overlaps(other, [left, top, labelWidth, labelHeight])),
  );
  if (free === undefined && face.state !== 'review') return;
  const top = free ?? Math.max(0, y - labelHeight - 3 * ratio);
  taken.push([left, top, labelWidth, labelHeight]);
  context.fillStyle = look.label;
  context.beginPath();
  context.roundRect(left, top, labelWidth, labelHeight, 4 * ratio);
  context.fill();
  context.fillStyle = look.text;
  context.textBaseline = 'middle';
  context.fillText(text, left + pad, top + labelHeight / 2 + 0.5 * ratio);
}

function labelOf(face: LiveFace): string {
  const hint = face.maybePicture ? ` · ${t('faceShort.maybePicture')}` : '';
  if (face.state === 'sure' || face.state === 'review')
    return LOOK[face.state].mark + (face.name ?? '') + hint;
  return face.state === 'unknown' ? t('faceShort.unknown') + hint : '';
}

function overlaps([ax, ay, aw, ah]: Box, [bx, by, bw, bh]: Box): boolean {
  return ax < bx + bw && bx < ax + aw && ay < by + bh && by < ay + ah;
}
