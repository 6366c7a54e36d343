import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import PDFDocument from 'pdfkit';
import {
  type Cell,
  createFormat,
  createTotals,
  type FileWriter,
  type ReportDocument,
  type Section,
  type WriterWords,
} from './document.ts';
import { drawChart } from './pdf-chart.ts';

const MARGIN = 40;
const ROW = 15;
const SIZE = 8;
const GREY = '#5b6472';
const LINE = '#d6dae1';
/** Above it a table is tagged by row, not by cell: each tag is an object in the file. */
const TAGGED_ROWS = 2000;

/** DejaVu has every letter that names here have: Turkish ğ ş ı İ, Cyrillic, Kyrgyz ң ө ү. */
const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');

/**
 * A report to print: title, key figures, charts drawn as vectors, tables that repeat their header on every page, page
 * numbers. Tagged, with its language and title, so that it can be read aloud.
 */
export function createPdfWriter(document: ReportDocument, words: WriterWords): FileWriter {
  const wide = document.sections.some((section) => section.columns.length > 7);
  const doc = new PDFDocument({
    size: 'A4',
    layout: wide ? 'landscape' : 'portrait',
    margins: { top: MARGIN, bottom: MARGIN, left: MARGIN, right: MARGIN },
    bufferPages: true,
    pdfVersion: '1.7',
    tagged: true,
    displayTitle: true,
    lang: document.locale,
    font: join(fonts, 'DejaVuSansCondensed.ttf'),
    info: {
      Title: document.title,
      Author: document.institution.name,
      Subject: document.period,
      Creator: 'yoklama',
      CreationDate: new Date(document.generatedAtMs),
    },
  });
  const chunks: Buffer[] = [];
  const finished = new Promise<void>((resolve, reject) => {
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', resolve);
    doc.on('error', reject);
  });
  doc.registerFont('text', join(fonts, 'DejaVuSansCondensed.ttf'));
  doc.registerFont('bold', join(fonts, 'DejaVuSansCondensed-Bold.ttf'));
  const root = doc.struct('Document');
  doc.addStructure(root);

  titleBlock(doc, root, document, words);
  const boxWidth = doc.page.width - 2 * MARGIN;
  for (const chart of document.charts) {
    if (chart.labels.length === 0) continue;
    const height = 150;
    if (doc.y + height + 20 > bottomOf(doc)) doc.addPage();
    const top = doc.y;
    const figure = doc.struct('Figure', { alt: chart.title }, () => {
      drawChart(doc, chart, {
        box: { x: MARGIN, y: top, width: boxWidth, height },
        colour: document.institution.primary,
        format: createFormat(document.locale, document.timezone),
      });
    });
    root.add(figure);
    doc.y = top + height + 14;
  }
  const tables = document.sections.map((section) => () => openTable(doc, root, document, section, words));
  let current: ReturnType<typeof openTable> | null = null;
  for (const [at, section] of document.sections.entries()) {
    const table = tables[at]!();
    table.add(section.rows);
    if (section.streamed) current = table;
    else table.end();
  }

  return {
    add: async (rows) => {
      current?.add(rows);
    },
    async end() {
      current?.end();
      root.end();
      numberPages(doc, document, words);
      doc.end();
      await finished;
      return Buffer.concat(chunks);
    },
  };
}

type Pdf = PDFKit.PDFDocument;
type Struct = ReturnType<Pdf['struct']>;

const bottomOf = (doc: Pdf) => doc.page.height - MARGIN - 14;

function titleBlock(doc: Pdf, root: Struct, document: ReportDocument, words: WriterWords): void {
  const { institution } = document;
  const width = doc.page.width - 2 * MARGIN;
  const format = createFormat(document.locale, document.timezone);
  artifact(doc, () => doc.rect(0, 0, doc.page.width, 6).fill(institution.primary));
  let left = MARGIN;
  if (institution.logo) {
    const logo = Buffer.from(institution.logo);
    root.add(
      doc.struct('Figure', { alt: institution.name }, () => {
        doc.image(logo, MARGIN, MARGIN - 8, { fit: [48, 48] });
      }),
    );
    left += 58;
  }
  const put = (type: string, font: string, size: number, colour: string, text: string, y: number) =>
    root.add(
      doc.struct(type, {}, () => {
        doc.font(font).fontSize(size).fillColor(colour);
        doc.text(text, left, y, { width: width - (left - MARGIN), lineBreak: false, ellipsis: true });
      }),
    );
  put('P', 'bold', 10, institution.primary, institution.name, MARGIN - 8);
  put('H1', 'bold', 16, '#14181f', document.title, MARGIN + 5);
  const made = `${words.generated}: ${format('instant', document.generatedAtMs)} (${document.timezone})`;
  put('P', 'text', 9, GREY, `${document.period}   ·   ${made}`, MARGIN + 26);
  doc.y = MARGIN + 50;
  facts(doc, root, document);
  for (const note of document.notes) {
    root.add(
      doc.struct('P', {}, () => {
        doc.font('text').fontSize(7.5).fillColor(GREY).text(note, MARGIN, doc.y, { width });
      }),
    );
    doc.y += 2;
  }
  doc.y += 8;
}

/** Key figures in rows of four boxes. */
function facts(doc: Pdf, root: Struct, document: ReportDocument): void {
  const format = createFormat(document.locale, document.timezone);
  const perRow = 4;
  const gap = 8;
  const width = (doc.page.width - 2 * MARGIN - (perRow - 1) * gap) / perRow;
  document.facts.forEach(({ label, kind, value }, at) => {
    const x = MARGIN + (at % perRow) * (width + gap);
    if (at % perRow === 0 && at > 0) doc.y += 42;
    const y = doc.y;
    artifact(doc, () => doc.roundedRect(x, y, width, 36, 3).lineWidth(0.7).stroke(LINE));
    root.add(
      doc.struct('P', {}, () => {
        doc.font('text').fontSize(7.5).fillColor(GREY);
        doc.text(cutTo(doc, label, width - 14), x + 7, y + 6, { lineBreak: false });
        doc.font('bold').fontSize(12).fillColor('#14181f');
        doc.text(cutTo(doc, format(kind, value), width - 14), x + 7, y + 17, { lineBreak: false });
      }),
    );
    doc.y = y;
  });
  if (document.facts.length > 0) doc.y += 46;
}

function openTable(doc: Pdf, root: Struct, document: ReportDocument, section: Section, words: WriterWords) {
  const { columns } = section;
  const format = createFormat(document.locale, document.timezone);
  const total = doc.page.width - 2 * MARGIN;
  const weights = columns.map((column) => Math.max(column.width, 7));
  const sum = weights.reduce((a, b) => a + b, 0);
  const widths = weights.map((weight) => (weight / sum) * total);
  const lefts = widths.map((_, at) => MARGIN + widths.slice(0, at).reduce((a, b) => a + b, 0));
  const right = columns.map(({ kind }) => kind === 'integer' || kind === 'share' || kind === 'points');
  const totals = createTotals(columns);
  let count = 0;

  if (doc.y + 4 * ROW + 24 > bottomOf(doc)) doc.addPage();
  root.add(
    doc.struct('H2', {}, () => {
      doc.font('bold').fontSize(11).fillColor(document.institution.primary);
      doc.text(section.title, MARGIN, doc.y + 4, { lineBreak: false });
    }),
  );
  doc.y += 20;
  const table = doc.struct('Table');
  root.add(table);
  header();

  function line(cells: readonly string[], kind: 'TH' | 'TD', font: string, colour: string): void {
    const y = doc.y;
    const row = doc.struct('TR');
    table.add(row);
    const put = (text: string, at: number) => {
      const width = widths[at]! - 6;
      doc.font(font).fontSize(SIZE).fillColor(colour);
      // A title of a column is rather small than cut off.
      if (kind === 'TH')
        for (let size = SIZE; size > 5.5 && doc.widthOfString(text) > width; size -= 0.5) doc.fontSize(size);
      const cut = cutTo(doc, text, width);
      const x = right[at] ? lefts[at]! + widths[at]! - 3 - doc.widthOfString(cut) : lefts[at]! + 3;
      doc.text(cut, x, y + 3.5, { lineBreak: false });
    };
    if (count > TAGGED_ROWS && kind === 'TD') {
      row.add(
        doc.struct('TD', {}, () => {
          cells.forEach(put);
        }),
      );
    } else {
      cells.forEach((text, at) => {
        row.add(doc.struct(kind, {}, () => put(text, at)));
      });
    }
    row.end();
    doc.y = y + ROW;
  }

  function header(): void {
    const y = doc.y;
    artifact(doc, () => doc.rect(MARGIN, y, total, ROW).fill(document.institution.primary));
    line(
      columns.map(({ title }) => title),
      'TH',
      'bold',
      '#ffffff',
    );
  }

  function next(): void {
    if (doc.y + ROW <= bottomOf(doc)) return;
    doc.addPage();
    header();
  }

  function rule(): void {
    const y = doc.y;
    artifact(doc, () =>
      doc
        .moveTo(MARGIN, y)
        .lineTo(MARGIN + total, y)
        .lineWidth(0.4)
        .stroke(LINE),
    );
  }

  return {
    add(rows: Cell[][]): void {
      for (const cells of rows) {
        next();
        count += 1;
        totals.add(cells);
        line(
          columns.map(({ kind }, at) => format(kind, cells[at] ?? null)),
          'TD',
          'text',
          '#14181f',
        );
        rule();
      }
    },
    end(): void {
      if (count === 0) {
        next();
        line([words.none], 'TD', 'text', GREY);
      } else if (section.totals) {
        next();
        const texts = totals.values().map((value, at) => {
          const column = columns[at]!;
          if (!column.total) return at === 0 ? words.total : '';
          return format(column.kind, value);
        });
        line(texts, 'TD', 'bold', '#14181f');
      }
      table.end();
      doc.y += 10;
    },
  };
}

function numberPages(doc: Pdf, document: ReportDocument, words: WriterWords): void {
  const { start, count } = doc.bufferedPageRange();
  for (let at = 0; at < count; at++) {
    doc.switchToPage(start + at);
    const y = doc.page.height - MARGIN + 4;
    const number = words.page.replace('{page}', String(at + 1)).replace('{pages}', String(count));
    // Below the margin pdfkit would begin another page.
    doc.page.margins.bottom = 0;
    artifact(doc, () => {
      doc.font('text').fontSize(7.5).fillColor(GREY);
      const name = cutTo(
        doc,
        `${document.institution.name} · ${document.title}`,
        doc.page.width - 2 * MARGIN - 120,
      );
      doc.text(name, MARGIN, y, { lineBreak: false });
      doc.text(number, doc.page.width - MARGIN - doc.widthOfString(number), y, { lineBreak: false });
    });
  }
}

/** Decoration, for readers that read aloud. */
function artifact(doc: Pdf, draw: () => unknown): void {
  doc.markContent('Artifact', { type: 'Layout' });
  draw();
  doc.endMarkedContent();
}

/** As much of the text as the width has room for. */
function cutTo(doc: Pdf, text: string, width: number): string {
  const line = text.replace(/\s+/g, ' ');
  if (doc.widthOfString(line) <= width) return line;
  let low = 0;
  let high = line.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (doc.widthOfString(`${line.slice(0, middle)}…`) <= width) low = middle;
    else high = middle - 1;
  }
  return `${line.slice(0, low).trimEnd()}…`;
}
