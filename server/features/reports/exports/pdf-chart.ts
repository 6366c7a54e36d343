import type { Cell, CellKind, Chart } from './document.ts';

export interface ChartOptions {
  /** Points of the page. */
  box: { x: number; y: number; width: number; height: number };
  colour: string;
  format: (kind: CellKind, value: Cell) => string;
}

const GREY = '#5b6472';
const GRID = '#e4e7ec';
const LEFT = 30;
const TOP = 20;
const BOTTOM = 26;

/** Bars or a line over an axis from 0 to 100%, drawn as vectors. A missing value is a gap, not a zero. */
export function drawChart(
  doc: PDFKit.PDFDocument,
  chart: Chart,
  { box, colour, format }: ChartOptions,
): void {
  const plot = {
    x: box.x + LEFT,
    y: box.y + TOP,
    width: box.width - LEFT,
    height: box.height - TOP - BOTTOM,
  };
  const heightOf = (value: number) => plot.y + plot.height * (1 - Math.min(1, Math.max(0, value)));
  doc.font('bold').fontSize(9).fillColor('#14181f').text(chart.title, box.x, box.y, { lineBreak: false });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const y = heightOf(share);
    doc
      .moveTo(plot.x, y)
      .lineTo(plot.x + plot.width, y)
      .lineWidth(0.5)
      .stroke(GRID);
    doc.font('text').fontSize(6.5).fillColor(GREY);
    const label = format('share', share);
    doc.text(label, plot.x - 4 - doc.widthOfString(label), y - 4, { lineBreak: false });
  }
  const step = plot.width / chart.labels.length;
  const middle = (at: number) => plot.x + (at + 0.5) * step;
  if (chart.kind === 'bar') {
    const width = Math.min(26, step * 0.66);
    chart.values.forEach((value, at) => {
      if (value === null) return;
      const y = heightOf(value);
      doc.rect(middle(at) - width / 2, y, width, plot.y + plot.height - y).fill(colour);
    });
  } else {
    let drawing = false;
    chart.values.forEach((value, at) => {
      if (value === null) drawing = false;
      else if (drawing) doc.lineTo(middle(at), heightOf(value));
      else {
        doc.moveTo(middle(at), heightOf(value));
        drawing = true;
      }
    });
    doc.lineWidth(1.4).lineJoin('round').stroke(colour);
    chart.values.forEach((value, at) => {
      if (value !== null) doc.circle(middle(at), heightOf(value), 1.8).fill(colour);
    });
  }
  labels(doc, chart.labels, step, middle, plot.y + plot.height + 5);
}

/** As many labels as there is room for: each n-th. */
function labels(
  doc: PDFKit.PDFDocument,
  texts: readonly string[],
  step: number,
  middle: (at: number) => number,
  y: number,
): void {
  doc.font('text').fontSize(6.5).fillColor(GREY);
  const widest = Math.max(...texts.map((text) => doc.widthOfString(text))) + 5;
  const every = Math.max(1, Math.ceil(widest / step));
  texts.forEach((text, at) => {
    if (at % every !== 0) return;
    doc.text(text, middle(at) - doc.widthOfString(text) / 2, y, { lineBreak: false });
  });
}
