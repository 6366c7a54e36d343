import { useMemo } from 'preact/hooks';
import { create } from 'qrcode';

/** The white border that readers need, in modules (ISO/IEC 18004). */
const QUIET = 4;

/** A QR code as shapes, sharp at any size; dark on white in either appearance, as readers expect. */
export function QrPicture({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => shapes(text), [text]);
  const side = size + 2 * QUIET;
  return (
    <svg class="qr-picture" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label}>
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" shape-rendering="crispEdges" />
    </svg>
  );
}

/** Dark modules as one path, those that touch in a row as one rectangle. */
function shapes(text: string): { size: number; path: string } {
  const { size, data } = create(text, { errorCorrectionLevel: 'M' }).modules;
  let path = '';
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const from = column;
      while (column < size && data[row * size + column]) column++;
      if (column > from) path += `M${from + QUIET} ${row + QUIET}h${column - from}v1h${from - column}z`;
    }
  }
  return { size, path };
}
