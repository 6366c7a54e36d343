import { Buffer } from 'node:buffer';
import { noCounts, rateOf } from './counting.ts';
import type { AttendanceStatus } from './projection.ts';
import type { CourseAttendance } from './read-schemas.ts';

type Item = CourseAttendance['items'][number];

/** The register before it is written: a line holds its marks as JSON. */
export interface Register extends Omit<CourseAttendance, 'items'> {
  items: (Omit<Item, 'marks' | 'rate'> & { marks: Buffer })[];
}

/** Digits: there are at most 200 sessions. */
export const PLACE_LENGTH = 3;
const ID_LENGTH = 36;

/**
 * Reads the marks of a student, as the query writes them: `<place><record><status> <method>,…`, where the place of the
 * session is counted from one in `PLACE_LENGTH` digits and the record is a UUID; null where there are none. Gives the marks
 * in the order of the sessions, as JSON, and their counts.
 *
 * A register has thousands of marks. To make an object of each only to write it out again would take the process longer
 * than all else that the answer needs.
 */
export function marksReader(
  sessionIds: readonly string[],
): (text: string | null) => Pick<Item, 'counts'> & { marks: Buffer } {
  const heads = sessionIds.map((id) => `{"sessionId":"${id}","recordId":"`);
  const tails = new Map<string, { status: AttendanceStatus; json: string }>();
  const tailOf = (written: string) => {
    const [status, method] = written.split(' ') as [AttendanceStatus, string];
    const json = `",${JSON.stringify({ status, method: method === '' ? null : method }).slice(1)}`;
    const tail = { status, json };
    tails.set(written, tail);
    return tail;
  };
  return (text) => {
    const counts = noCounts();
    const marks = new Array<string>(heads.length);
    for (const mark of text?.split(',') ?? []) {
      const place = Number(mark.slice(0, PLACE_LENGTH)) - 1;
      const written = mark.slice(PLACE_LENGTH + ID_LENGTH);
      const { status, json } = tails.get(written) ?? tailOf(written);
      counts[status] += 1;
      marks[place] = heads[place]! + mark.slice(PLACE_LENGTH, PLACE_LENGTH + ID_LENGTH) + json;
    }
    // `filter` passes over the places that are empty: of sessions that the student has no record of.
    return { counts, marks: Buffer.from(`[${marks.filter(() => true).join(',')}]`, 'latin1') };
  };
}

/** The JSON of `CourseAttendance`. */
export function registerJson({ items, ...register }: Register): Buffer {
  const parts: Buffer[] = [Buffer.from(`${JSON.stringify(register).slice(0, -1)},"items":[`)];
  items.forEach(({ marks, ...item }, at) => {
    const line = JSON.stringify({ ...item, rate: rateOf(item.counts) });
    parts.push(Buffer.from(`${at === 0 ? '' : ','}${line.slice(0, -1)},"marks":`), marks, END);
  });
  parts.push(Buffer.from(']}'));
  return Buffer.concat(parts);
}

const END = Buffer.from('}');
