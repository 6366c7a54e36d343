import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import type { Separator } from './text.ts';

export interface CsvRecord {
  /** Where it starts, from 1. */
  line: number;
  cells: string[];
  /** A quote that opens here is not closed where it should be; the lines after it are read as lines of their own. */
  broken: boolean;
}

/** Broken quotes after which the rest of a file is given up: each costs reading on from the next line. */
const MOST_BROKEN = 200;
const SLICE = 65_536;

/**
 * The records of a table, whatever is wrong with it. A quote that is never closed costs its own line only. Memory stays
 * bounded: the text is fed in slices.
 */
export async function* readRecords(text: string, separator: Separator): AsyncGenerator<CsvRecord> {
  let from = 0;
  let line = 1;
  let width = 0;
  for (let broken = 0; ; broken++) {
    const state: ReadState = { width, brokenAt: -1 };
    for await (const record of readFrom(text, from, line, separator, state)) yield record;
    if (state.brokenAt < 0) return;
    width = state.width;
    // Reading goes on after the line with the open quote.
    for (; line < state.brokenAt; line++) from = text.indexOf('\n', from) + 1;
    const end = text.indexOf('\n', from);
    const cells = [text.slice(from, end < 0 ? Math.min(text.length, from + 200) : Math.min(end, from + 200))];
    yield { line, cells, broken: true };
    if (end < 0 || broken >= MOST_BROKEN) return;
    from = end + 1;
    line++;
  }
}

interface ReadState {
  /** Cells of the header; 0 before it was read. */
  width: number;
  /** Line of a quote that is never closed; -1 where all went well. */
  brokenAt: number;
}

async function* readFrom(
  text: string,
  from: number,
  firstLine: number,
  separator: Separator,
  state: ReadState,
): AsyncGenerator<CsvRecord> {
  // An error would throw away what was read before it; skipped, it comes after that. Only an open quote is one.
  let open = false;
  const parser = parse({
    delimiter: separator,
    record_delimiter: '\n',
    relax_column_count: true,
    relax_quotes: true,
    info: true,
    skip_records_with_error: true,
    on_skip: () => {
      open = true;
      return undefined;
    },
  });
  const source = Readable.from(slices(text, from));
  source.pipe(parser);
  let line = firstLine;
  try {
    for await (const { info, record } of parser as AsyncIterable<{
      info: { lines: number };
      record: string[];
    }>) {
      if (state.width === 0) state.width = record.length;
      if (hasSwallowed(record, state.width, separator)) {
        state.brokenAt = line;
        return;
      }
      // `lines` is the last line of the record, and of the blank ones before it nothing is known: they are records too.
      if (record.some((cell) => cell.trim() !== '')) yield { line, cells: record, broken: false };
      line = firstLine + info.lines;
    }
    if (open) state.brokenAt = line;
  } finally {
    source.destroy();
    parser.destroy();
  }
}

/**
 * Whether a quote that was never closed ended at the next one's opening, with lines in between taken for a cell: then
 * cells are missing, or one of them holds as many separators as the lines that it swallowed. A line break in an address
 * is no such thing.
 */
function hasSwallowed(record: readonly string[], width: number, separator: Separator): boolean {
  const long = record.filter((cell) => cell.includes('\n'));
  if (long.length === 0) return false;
  if (record.length < width) return true;
  return long.some((cell) => cell.split(separator).length - 1 >= (cell.split('\n').length - 1) * (width - 1));
}

function* slices(text: string, from: number): Generator<string> {
  for (let at = from; at < text.length; at += SLICE) yield text.slice(at, at + SLICE);
}
