import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type { BoxPx } from '../../../pipeline/messages.ts';

const fontfile = join(
  dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')),
  'ttf',
  'DejaVuSans.ttf',
);
const COLOURS = { sure: '#0f8a3c', review: '#c77700', unknown: '#5f6368' };

export interface Marking {
  /** Pixels of the picture. */
  box: BoxPx;
  /** Drawn as it is, whatever signs it has; null: a box alone. */
  label: string | null;
  kind: keyof typeof COLOURS;
}

/** Draws boxes and names on a JPEG; Turkish, Cyrillic and Greek letters included. */
export async function annotate(jpeg: Uint8Array, markings: readonly Marking[]): Promise<Buffer> {
  const picture = sharp(jpeg);
  const { width, height } = await picture.metadata();
  const size = Math.max(11, Math.round(width / 100));
  const boxes = markings
    .map(({ box: [x, y, w, h], kind }) => {
      const at = `x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${round(h)}"`;
      return `<rect ${at} rx="4" fill="none" stroke="${COLOURS[kind]}" stroke-width="${Math.max(2, size / 5)}"/>`;
    })
    .join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${boxes}</svg>`;
  const labels = await Promise.all(markings.map((marking) => labelOf(marking, { width, height, size })));
  return picture
    .composite([{ input: Buffer.from(svg), left: 0, top: 0 }, ...labels.filter((label) => label !== null)])
    .jpeg({ quality: 85 })
    .toBuffer();
}

async function labelOf(
  { label, box, kind }: Marking,
  picture: { width: number; height: number; size: number },
): Promise<{ input: Buffer; left: number; top: number } | null> {
  const text = label
    ?.replace(/\p{Control}/gu, ' ')
    .slice(0, 60)
    .trim();
  if (!text) return null;
  const { data, info } = await sharp({
    text: {
      text: `<span foreground="#ffffff" background="${COLOURS[kind]}"> ${escapeMarkup(text)} </span>`,
      font: `DejaVu Sans ${picture.size}`,
      fontfile,
      rgba: true,
      dpi: 96,
    },
  })
    .png()
    .toBuffer({ resolveWithObject: true });
  // A name wider than the picture would not go on it.
  if (info.width > picture.width || info.height > picture.height) return null;
  const [x, y, , h] = box;
  const below = Math.round(y + h + 2);
  const top = below + info.height <= picture.height ? below : Math.round(y) - info.height - 2;
  return {
    input: data,
    left: Math.min(Math.max(0, Math.round(x)), picture.width - info.width),
    top: Math.min(Math.max(0, top), picture.height - info.height),
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;

export function escapeMarkup(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (sign) => entities[sign]!);
}
