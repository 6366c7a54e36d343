/** A report on its way into a file: plain data, so that it can be handed to another thread. */
export interface ReportDocument {
  title: string;
  /** Without an ending; the format adds it. */
  fileName: string;
  institution: { name: string; primary: string; accent: string; logo: Uint8Array | null };
  /** As it is read: `16.11.2026 – 22.11.2026`. */
  period: string;
  locale: ReportLocale;
  timezone: string;
  generatedAtMs: number;
  /** What the numbers mean; below the title. */
  notes: string[];
  facts: Fact[];
  charts: Chart[];
  sections: Section[];
}

export const REPORT_LOCALES = ['tr', 'en', 'ru', 'ky'] as const;
export type ReportLocale = (typeof REPORT_LOCALES)[number];

/** A key figure. */
export interface Fact {
  label: string;
  kind: CellKind;
  value: Cell;
}

export interface Section {
  /** What names it in `params.section`. */
  id: string;
  title: string;
  columns: Column[];
  rows: Cell[][];
  /** Rows come later, in pieces; only the last section may be one of those. */
  streamed?: boolean;
  totals: boolean;
}

export interface Column {
  title: string;
  kind: CellKind;
  /** In characters. */
  width: number;
  /** What the row of totals has there: a sum, or the rate of the columns with these `role`s. */
  total?: 'sum' | 'rate';
  role?: 'present' | 'late' | 'absent';
}

/** `share` is 0…1, `points` percentage points, `day` is `YYYY-MM-DD`, `instant` epoch milliseconds. */
export type CellKind = 'text' | 'integer' | 'share' | 'points' | 'day' | 'instant';
export type Cell = string | number | null;

export interface Chart {
  kind: 'bar' | 'line';
  title: string;
  labels: string[];
  /** 0…1; null leaves a gap. */
  values: (number | null)[];
}

/** Makes a file of a document: rows of the streamed section are added, then it ends. */
export interface FileWriter {
  add(rows: Cell[][]): Promise<void>;
  end(): Promise<Uint8Array>;
}

/** Words that the writers themselves need. */
export interface WriterWords {
  summary: string;
  total: string;
  generated: string;
  none: string;
  page: string;
}

/** The wall clock of an instant in a zone, as milliseconds of UTC: what a file without zones shows. */
export function wallClock(epochMs: number, timezone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(epochMs);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
}

/** Sums up what the row of totals needs, row by row. */
export function createTotals(columns: readonly Column[]) {
  const sums = columns.map(() => 0);
  return {
    add(row: readonly Cell[]): void {
      for (let at = 0; at < sums.length; at++) {
        const value = row[at];
        if (columns[at]?.total === 'sum' && typeof value === 'number') sums[at] = (sums[at] ?? 0) + value;
      }
    },
    /** Null where a column has no total. */
    values(): (number | null)[] {
      const of = (role: Column['role']) => sums[columns.findIndex((column) => column.role === role)] ?? 0;
      const judged = of('present') + of('late') + of('absent');
      const rate = judged === 0 ? null : (of('present') + of('late')) / judged;
      return columns.map((column, at) =>
        column.total === 'sum' ? (sums[at] ?? 0) : column.total === 'rate' ? rate : null,
      );
    },
  };
}

/** Cells as they are read, for PDF and key figures. */
export function createFormat(locale: ReportLocale, timezone: string) {
  // Kyrgyz numbers and dates are written as Russian ones; not every build of ICU knows them.
  const tag = { tr: 'tr-TR', en: 'en-GB', ru: 'ru-RU', ky: 'ru-RU' }[locale];
  const integer = new Intl.NumberFormat(tag, { maximumFractionDigits: 0 });
  const share = new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 1 });
  const points = new Intl.NumberFormat(tag, { maximumFractionDigits: 1, signDisplay: 'exceptZero' });
  const day = new Intl.DateTimeFormat(tag, {
    timeZone: 'UTC',
    day: '2-digit',
    month: '2-digit',
    year: 'numeric',
  });
  const instant = new Intl.DateTimeFormat(tag, {
    timeZone: timezone,
    day: '2-digit',
    month: '2-digit',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (kind: CellKind, value: Cell): string => {
    if (value === null) return '–';
    if (typeof value === 'string') return kind === 'day' ? day.format(Date.parse(value)) : value;
    if (kind === 'share') return share.format(value);
    if (kind === 'points') return points.format(value);
    if (kind === 'instant') return instant.format(value);
    return integer.format(value);
  };
}
