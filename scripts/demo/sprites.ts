/** Heads cut out of photos, and the drawn rest of the classroom, as pixels with an alpha channel. */
import sharp, { type Sharp } from 'sharp';
import type { Person } from './people.ts';
import { type Actor, SCENE } from './scene.ts';

export interface Sprite {
  /** RGBA rows, alpha not multiplied in. */
  data: Uint8Array;
  width: number;
  height: number;
}

/** A head is the face box grown by these shares of its width and height: hair, ears, neck. */
const HEAD = { left: 0.34, right: 0.34, top: 0.46, bottom: 0.28 };

async function toSprite(image: Sharp): Promise<Sprite> {
  const { data, info } = await image.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** How far the middle of the face lies from the middle of the head sprite, in face widths. */
export function faceOffset(person: Person): { x: number; y: number } {
  const [, , width, height] = person.face;
  return { x: (HEAD.left - HEAD.right) / 2, y: (((HEAD.top - HEAD.bottom) / 2) * height) / width };
}

/** The head of a person with a soft oval edge, so scaled that the face is `facePx` wide. */
export async function headSprite(photo: Buffer, person: Person, facePx: number): Promise<Sprite> {
  const [x, y, width, height] = person.face;
  const left = Math.round(x - HEAD.left * width);
  const top = Math.round(y - HEAD.top * height);
  const cut = {
    left: Math.max(0, left),
    top: Math.max(0, top),
    width: Math.round(width * (1 + HEAD.left + HEAD.right)),
    height: Math.round(height * (1 + HEAD.top + HEAD.bottom)) - Math.max(0, -top),
  };
  const scale = facePx / width;
  const w = Math.round(width * (1 + HEAD.left + HEAD.right) * scale);
  const h = Math.round(height * (1 + HEAD.top + HEAD.bottom) * scale);
  const missingTop = Math.max(0, Math.round(-top * scale));
  const picture = await sharp(photo)
    .extract(cut)
    .resize(w, h - missingTop, { fit: 'fill', kernel: 'lanczos3' })
    .extend({ top: missingTop, extendWith: 'mirror' })
    .toBuffer();
  const sprite = await toSprite(sharp(picture));
  shapeOval(sprite);
  return sprite;
}

/** Where the oval begins to fade, as a share of the way from its middle to its edge. */
const FADES_FROM = 0.8;

/** Only the alpha channel changes: outside of the oval the colours stay what they are in the photo. */
function shapeOval({ data, width, height }: Sprite): void {
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const out = Math.hypot(((x + 0.5) / width) * 2 - 1, ((y + 0.5) / height) * 2 - 1);
      const share = Math.min(1, Math.max(0, (1 - out) / (1 - FADES_FROM)));
      data[(y * width + x) * 4 + 3] = Math.round(255 * share);
    }
  }
}

const SHIRTS = ['#31507a', '#7a3b3b', '#3d6b4f', '#6a5a86', '#a4763a', '#3e6f7d', '#8a4f6d', '#4b5563'];

/** Shoulders and arms for a face of `facePx`, seen from the front; the neck ends at the top edge's middle. */
export function bodySprite(index: number, facePx: number): Promise<Sprite> {
  const w = Math.round(facePx * 3);
  const h = Math.round(facePx * 2.4);
  const shirt = SHIRTS[index % SHIRTS.length];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 300 240">
    <defs><linearGradient id="s" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${shirt}"/>
    <stop offset="1" stop-color="${shirt}" stop-opacity="0.82"/></linearGradient></defs>
    <path d="M150 8 C185 8 188 28 222 40 C268 56 284 96 292 240 L8 240 C16 96 32 56 78 40 C112 28 115 8 150 8 Z" fill="url(#s)"/>
    <path d="M118 18 C128 52 172 52 182 18" fill="none" stroke="#000" stroke-opacity="0.25" stroke-width="7"/>
    </svg>`;
  return toSprite(sharp(Buffer.from(svg)));
}

/** A desk in front of a person. */
export function deskSprite(facePx: number): Promise<Sprite> {
  const w = Math.round(facePx * 3.7);
  const h = Math.round(facePx * 1.5);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 370 150">
    <path d="M22 0 L348 0 L370 26 L0 26 Z" fill="#c69a63"/><rect x="0" y="26" width="370" height="16" fill="#9c7443"/>
    <rect x="14" y="42" width="342" height="108" fill="#7d5c36"/>
    <path d="M110 4 L190 4 L196 20 L106 20 Z" fill="#f4f1e8"/><path d="M225 6 L285 6 L288 18 L222 18 Z" fill="#39506b"/></svg>`;
  return toSprite(sharp(Buffer.from(svg)));
}

/** The empty room: back wall, windows, notice boards, floor. */
export function roomSprite(): Promise<Sprite> {
  const { width: w, height: h } = SCENE;
  const window = (
    x: number,
  ) => `<g transform="translate(${x} 28)"><rect width="150" height="120" fill="#cfe3ef"/>
    <rect width="150" height="60" fill="#e3f0f7"/><path d="M75 0V120M0 60H150" stroke="#f7f5ef" stroke-width="7"/>
    <rect width="150" height="120" fill="none" stroke="#f7f5ef" stroke-width="9"/></g>`;
  const note = (x: number, y: number, colour: string) =>
    `<rect x="${x}" y="${y}" width="26" height="34" fill="${colour}"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}"><defs>
    <linearGradient id="wall" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#e9e2d3"/><stop offset="1" stop-color="#d5ccb8"/></linearGradient>
    <linearGradient id="floor" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#8d8478"/><stop offset="1" stop-color="#b3a898"/></linearGradient></defs>
    <rect width="${w}" height="${h}" fill="url(#wall)"/><rect y="250" width="${w}" height="${h - 250}" fill="url(#floor)"/>
    <rect y="243" width="${w}" height="8" fill="#6d6252"/>${window(60)}${window(260)}${window(870)}${window(1070)}
    <rect x="480" y="34" width="320" height="112" fill="#8a6a45"/><rect x="488" y="42" width="304" height="96" fill="#c9b08a"/>
    ${note(510, 58, '#f2f0e6')}${note(556, 72, '#d9e6d2')}${note(604, 54, '#f0dcc2')}${note(660, 68, '#dbe3ef')}${note(712, 56, '#f2f0e6')}
    <rect x="1240" y="60" width="40" height="300" fill="#7b5e3c"/><rect x="0" y="60" width="22" height="360" fill="#7b5e3c"/></svg>`;
  return toSprite(sharp(Buffer.from(svg)));
}

/** Distance from the middle of the face down to the top of the body, and to the desk's edge, in face widths. */
export function bodyOffset(actor: Actor): { body: number; desk: number } {
  const [, , width, height] = actor.person.face;
  return { body: (height / width) * 0.62, desk: 2.05 };
}
