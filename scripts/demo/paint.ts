/** Puts sprites onto a picture: plain, or as a head turned a little on its neck. */
import type { Placement } from './scene.ts';
import type { Sprite } from './sprites.ts';

export interface Canvas {
  /** rgb24 */
  data: Uint8Array;
  width: number;
  height: number;
}

function blend(canvas: Canvas, at: number, red: number, green: number, blue: number, alpha: number): void {
  const { data } = canvas;
  data[at] = data[at]! + (red - data[at]!) * alpha;
  data[at + 1] = data[at + 1]! + (green - data[at + 1]!) * alpha;
  data[at + 2] = data[at + 2]! + (blue - data[at + 2]!) * alpha;
}

/** The sprite's top left corner at whole pixels. */
export function drawSprite(canvas: Canvas, sprite: Sprite, x: number, y: number): void {
  const x0 = Math.round(x);
  const y0 = Math.round(y);
  for (let row = Math.max(0, -y0); row < sprite.height && y0 + row < canvas.height; row += 1) {
    for (let column = Math.max(0, -x0); column < sprite.width && x0 + column < canvas.width; column += 1) {
      const from = (row * sprite.width + column) * 4;
      const alpha = sprite.data[from + 3]!;
      if (alpha === 0) continue;
      const at = ((y0 + row) * canvas.width + x0 + column) * 3;
      blend(canvas, at, sprite.data[from]!, sprite.data[from + 1]!, sprite.data[from + 2]!, alpha / 255);
    }
  }
}

const STEPS = 256;
/** How round a head is: a photo's edges are this far towards the very side of the head. */
const ROUNDNESS = 0.88;

/**
 * Where in a photo of a head is what the head, turned by `degrees`, shows at −1…1: the photo is laid round a
 * cylinder, and the cylinder is turned. Beyond ±1 lies what the photo does not show.
 */
function turnTable(degrees: number): Float32Array {
  const table = new Float32Array(STEPS + 1);
  const turned = (degrees * Math.PI) / 180;
  for (let i = 0; i <= STEPS; i += 1) {
    const angle = Math.asin(((i / STEPS) * 2 - 1) * ROUNDNESS) - turned;
    table[i] = Math.abs(angle) < Math.PI / 2 ? Math.sin(angle) / ROUNDNESS : Math.sign(angle) * 2;
  }
  return table;
}

/**
 * A head with the middle of its sprite at (x, y), turned by its pose: positive yaw towards the right of the
 * picture, positive pitch down.
 */
export function drawHead(canvas: Canvas, sprite: Sprite, x: number, y: number, pose: Placement): void {
  const columns = turnTable(pose.yaw);
  const rows = turnTable(pose.pitch);
  const cos = Math.cos((pose.roll * Math.PI) / 180);
  const sin = Math.sin((pose.roll * Math.PI) / 180);
  const halfWidth = sprite.width / 2;
  const halfHeight = sprite.height / 2;
  const reach = Math.hypot(halfWidth, halfHeight);
  const left = Math.max(0, Math.floor(x - reach));
  const right = Math.min(canvas.width - 1, Math.ceil(x + reach));
  const top = Math.max(0, Math.floor(y - reach));
  const bottom = Math.min(canvas.height - 1, Math.ceil(y + reach));
  const { data, width } = sprite;
  for (let py = top; py <= bottom; py += 1) {
    for (let px = left; px <= right; px += 1) {
      const u = ((px + 0.5 - x) * cos + (py + 0.5 - y) * sin) / halfWidth;
      const v = (-(px + 0.5 - x) * sin + (py + 0.5 - y) * cos) / halfHeight;
      if (u <= -1 || u >= 1 || v <= -1 || v >= 1) continue;
      const su = columns[Math.round((u + 1) * (STEPS / 2))]!;
      const sv = rows[Math.round((v + 1) * (STEPS / 2))]!;
      if (su <= -1 || su >= 1 || sv <= -1 || sv >= 1) continue;
      // soft where the photo ends and where the head ends
      const alpha = Math.min(alphaAt(sprite, su, sv), alphaAt(sprite, u, v));
      if (alpha === 0) continue;
      const sx = (su + 1) * halfWidth - 0.5;
      const sy = (sv + 1) * halfHeight - 0.5;
      const x0 = Math.min(width - 2, Math.max(0, Math.floor(sx)));
      const y0 = Math.min(sprite.height - 2, Math.max(0, Math.floor(sy)));
      const fx = Math.min(1, Math.max(0, sx - x0));
      const fy = Math.min(1, Math.max(0, sy - y0));
      const a = (y0 * width + x0) * 4;
      const b = a + width * 4;
      const wa = (1 - fx) * (1 - fy);
      const wb = fx * (1 - fy);
      const wc = (1 - fx) * fy;
      const wd = fx * fy;
      blend(
        canvas,
        (py * canvas.width + px) * 3,
        data[a]! * wa + data[a + 4]! * wb + data[b]! * wc + data[b + 4]! * wd,
        data[a + 1]! * wa + data[a + 5]! * wb + data[b + 1]! * wc + data[b + 5]! * wd,
        data[a + 2]! * wa + data[a + 6]! * wb + data[b + 2]! * wc + data[b + 6]! * wd,
        alpha,
      );
    }
  }
}

function alphaAt(sprite: Sprite, u: number, v: number): number {
  const x = Math.min(sprite.width - 1, Math.floor(((u + 1) / 2) * sprite.width));
  const y = Math.min(sprite.height - 1, Math.floor(((v + 1) / 2) * sprite.height));
  return sprite.data[(y * sprite.width + x) * 4 + 3]! / 255;
}
