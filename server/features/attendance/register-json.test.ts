import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { ATTENDANCE_METHODS as METHODS } from '../../db/schema/index.ts';
import { countStatuses, rateOf } from './counting.ts';
import { CourseAttendance } from './read-schemas.ts';
import { marksReader, PLACE_LENGTH, type Register, registerJson } from './register-json.ts';

const STATUSES = ['present', 'late', 'excused', 'absent', 'pending'] as const;

const mark = fc.record({
  place: fc.nat(199),
  recordId: fc.uuid(),
  status: fc.constantFrom(...STATUSES),
  method: fc.constantFrom(null, ...METHODS),
});
const line = fc.record({
  student: fc.record({ id: fc.uuid(), name: fc.string({ unit: 'grapheme' }), number: fc.string() }),
  enrolled: fc.boolean(),
  marks: fc.uniqueArray(mark, { selector: ({ place }) => place, maxLength: 30 }),
});

describe('the register as JSON', () => {
  it('is what JSON.stringify would write, whatever the names, and in the order of the sessions', () => {
    const ids = fc.sample(fc.uuid(), 200);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.string({ unit: 'grapheme' }), (lines, name) => {
        const read = marksReader(ids);
        const register: Omit<Register, 'items'> = {
          course: { id: ids[0]!, code: 'MAT101', name },
          ...{ sessions: [], sessionsTotal: 0, total: lines.length, skip: 0, limit: 50 },
        };
        const items = lines.map(({ student, enrolled, marks }) => {
          const asked = marks.map(
            ({ place, recordId, status, method }) =>
              `${String(place + 1).padStart(PLACE_LENGTH, '0')}${recordId}${status} ${method ?? ''}`,
          );
          return { student, enrolled, ...read(asked.length === 0 ? null : asked.join(',')) };
        });
        const written = JSON.parse(registerJson({ ...register, items }).toString('utf8')) as CourseAttendance;
        expect(Value.Check(CourseAttendance, written)).toBe(true);
        expect(written).toEqual({
          ...register,
          items: lines.map(({ student, enrolled, marks }) => {
            const counts = countStatuses(marks.map(({ status }) => ({ status, n: 1 })));
            const inOrder = marks.toSorted((a, b) => a.place - b.place);
            return {
              ...{ student, enrolled, counts, rate: rateOf(counts) },
              marks: inOrder.map(({ place, ...rest }) => ({ sessionId: ids[place]!, ...rest })),
            };
          }),
        });
      }),
    );
  });
});
