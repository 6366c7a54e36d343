import { PassThrough } from 'node:stream';
import ExcelJS from 'exceljs';
import {
  type Cell,
  type CellKind,
  type Column,
  createTotals,
  type FileWriter,
  type ReportDocument,
  type Section,
  type WriterWords,
  wallClock,
} from './document.ts';

const DAY_FORMATS = { tr: 'dd.mm.yyyy', en: 'yyyy-mm-dd', ru: 'dd.mm.yyyy', ky: 'dd.mm.yyyy' } as const;
/** Rows above each table: institution, title, period, an empty one. */
const ABOVE = 4;
const HEADER_ROW = ABOVE + 1;

/**
 * A workbook with a sheet for the summary and one for each section. Numbers, shares and dates are what they are, so
 * that one can go on calculating; texts are typed as texts, so that a name that begins with `=` is a name. Rows are
 * written as they come and not kept.
 */
export function createExcelWriter(document: ReportDocument, words: WriterWords): FileWriter {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  const finished = new Promise<void>((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', resolve);
    stream.on('error', reject);
  });
  const workbook = new ExcelJS.stream.xlsx.WorkbookWriter({
    stream,
    useStyles: true,
    useSharedStrings: false,
  });
  workbook.creator = document.institution.name;
  workbook.created = new Date(document.generatedAtMs);
  workbook.title = document.title;
  const names = new Set<string>();
  writeSummary(workbook, document, words, names);
  const sheets = document.sections.map((section) => openSheet(workbook, document, section, words, names));
  document.sections.forEach((section, at) => {
    sheets[at]!.add(section.rows);
    if (!section.streamed) sheets[at]!.end();
  });
  const streamed = document.sections.findIndex((section) => section.streamed);

  return {
    async add(rows) {
      sheets[streamed]?.add(rows);
      // Lets what was written leave before more comes.
      await new Promise((resolve) => setImmediate(resolve));
    },
    async end() {
      sheets[streamed]?.end();
      await workbook.commit();
      await finished;
      return Buffer.concat(chunks);
    },
  };
}

type Workbook = ExcelJS.stream.xlsx.WorkbookWriter;

function writeSummary(
  workbook: Workbook,
  document: ReportDocument,
  words: WriterWords,
  names: Set<string>,
): void {
  const sheet = workbook.addWorksheet(sheetName(words.summary, names), pageOptions(document));
  sheet.columns = [{ width: 42 }, { width: 24 }];
  heading(sheet, document);
  for (const { label, kind, value } of document.facts) {
    const row = sheet.addRow([label, toValue(kind, value, document)]);
    format(row.getCell(2), kind, document);
    row.getCell(2).alignment = { horizontal: 'right' };
    row.commit();
  }
  sheet.addRow([]).commit();
  for (const note of document.notes) {
    const row = sheet.addRow([note]);
    row.getCell(1).alignment = { wrapText: true, vertical: 'top' };
    row.commit();
  }
  const made = sheet.addRow([words.generated, toValue('instant', document.generatedAtMs, document)]);
  format(made.getCell(2), 'instant', document);
  made.commit();
  sheet.commit();
}

function openSheet(
  workbook: Workbook,
  document: ReportDocument,
  section: Section,
  words: WriterWords,
  names: Set<string>,
) {
  const { columns } = section;
  const sheet = workbook.addWorksheet(sheetName(section.title, names), {
    ...pageOptions(document),
    views: [{ state: 'frozen', ySplit: HEADER_ROW }],
  });
  sheet.columns = columns.map((column) => ({ width: Math.max(column.width, column.title.length) + 3 }));
  heading(sheet, document);
  const header = sheet.addRow(columns.map((column) => column.title));
  header.eachCell((cell) => {
    cell.font = { bold: true, color: { argb: 'FFFFFFFF' } };
    cell.fill = { type: 'pattern', pattern: 'solid', fgColor: { argb: argb(document.institution.primary) } };
    cell.alignment = { vertical: 'middle', wrapText: true };
  });
  header.commit();
  const totals = createTotals(columns);
  let last = HEADER_ROW;
  return {
    add(rows: Cell[][]): void {
      for (const cells of rows) {
        totals.add(cells);
        last += 1;
        const row = sheet.addRow(
          columns.map((column, at) => toValue(column.kind, cells[at] ?? null, document)),
        );
        columns.forEach((column, at) => {
          format(row.getCell(at + 1), column.kind, document);
        });
        row.commit();
      }
    },
    end(): void {
      sheet.autoFilter = {
        from: { row: HEADER_ROW, column: 1 },
        to: { row: Math.max(last, HEADER_ROW), column: columns.length },
      };
      if (section.totals && last > HEADER_ROW) {
        const row = sheet.addRow(
          totals.values().map((value, at) => totalCell(columns, at, value, last, words.total)),
        );
        columns.forEach((column, at) => {
          const cell = row.getCell(at + 1);
          format(cell, column.kind, document);
          cell.font = { bold: true };
          cell.border = { top: { style: 'thin' } };
        });
        row.commit();
      }
      sheet.commit();
    },
  };
}

/** A formula with the value that it has, so that who does not calculate sees it too. */
function totalCell(
  columns: readonly Column[],
  at: number,
  value: number | null,
  last: number,
  word: string,
): ExcelJS.CellValue {
  const column = columns[at]!;
  if (column.total === 'sum') {
    const letter = letterOf(at);
    return { formula: `SUM(${letter}${HEADER_ROW + 1}:${letter}${last})`, result: value ?? 0 };
  }
  if (column.total === 'rate') {
    const of = (role: Column['role']) => {
      const found = columns.findIndex((one) => one.role === role);
      return found < 0 ? '0' : `${letterOf(found)}${last + 1}`;
    };
    const came = `(${of('present')}+${of('late')})`;
    const formula = `IF(${came}+${of('absent')}=0,"",${came}/(${came}+${of('absent')}))`;
    return { formula, result: value ?? '' };
  }
  return at === 0 ? word : null;
}

function heading(sheet: ExcelJS.Worksheet, { institution, title, period }: ReportDocument): void {
  const name = sheet.addRow([institution.name]);
  name.font = { bold: true, color: { argb: argb(institution.primary) } };
  name.commit();
  const row = sheet.addRow([title]);
  row.font = { bold: true, size: 14 };
  row.commit();
  sheet.addRow([period]).commit();
  sheet.addRow([]).commit();
}

function pageOptions({ institution, title, period }: ReportDocument): Partial<ExcelJS.AddWorksheetOptions> {
  // `&` begins a code in headers of pages.
  const text = `${institution.name} · ${title} · ${period}`.replaceAll('&', '&&').slice(0, 200);
  return {
    pageSetup: { paperSize: 9, orientation: 'landscape', fitToPage: true, fitToWidth: 1, fitToHeight: 0 },
    headerFooter: { oddHeader: `&L${text}`, oddFooter: '&R&P / &N' },
  };
}

function toValue(kind: CellKind, value: Cell, document: ReportDocument): ExcelJS.CellValue {
  if (value === null) return null;
  if (kind === 'day') return typeof value === 'string' ? new Date(`${value}T00:00:00Z`) : null;
  if (kind === 'instant')
    return typeof value === 'number' ? new Date(wallClock(value, document.timezone)) : null;
  // Numbers that ask for two digits after the point are not worth fifteen.
  if (kind === 'points' && typeof value === 'number') return Math.round(value * 100) / 100;
  return typeof value === 'string' ? cleanText(value) : value;
}

function format(cell: ExcelJS.Cell, kind: CellKind, document: ReportDocument): void {
  const day = DAY_FORMATS[document.locale];
  if (kind === 'day') cell.numFmt = day;
  else if (kind === 'instant') cell.numFmt = `${day} hh:mm`;
  else if (kind === 'share') cell.numFmt = '0.0%';
  else if (kind === 'points') cell.numFmt = '+0.0;-0.0;0.0';
  else if (kind === 'integer') cell.numFmt = '#,##0';
}

/** Characters that XML does not know, and more than a cell may hold. */
export function cleanText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').slice(0, 32_767);
}

const argb = (colour: string) => `FF${colour.replace('#', '').toUpperCase()}`;

function letterOf(at: number): string {
  return at < 26 ? String.fromCharCode(65 + at) : `${letterOf(Math.floor(at / 26) - 1)}${letterOf(at % 26)}`;
}

function sheetName(title: string, taken: Set<string>): string {
  const base = title.replace(/[[\]:*?/\\']/g, ' ').slice(0, 28);
  let name = base;
  for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${base} ${n}`;
  taken.add(name.toLowerCase());
  return name;
}
