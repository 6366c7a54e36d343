import { type Static, Type } from 'typebox';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';
import { MarkStatusSchema } from '../attendance/schemas.ts';

export const DECISIONS = ['open', 'accepted', 'refused'] as const;
const Text = (description: string) => Type.String({ minLength: 1, maxLength: 2000, description });
const Answer = Type.Optional(
  Nullable(Type.String({ maxLength: 2000, description: 'What the student is told.' })),
);
const Person = Type.Object({ id: Uuid('The student.'), name: Type.String(), number: Type.String() });

const STUDENT = { id: '0198b000-2222-7ccc-9e02-3a0a5c2d3e04', name: 'Aybüke Çelik', number: '2026-0142' };
const COURSE = { id: '0198b111-2222-7ccc-9e02-3a0a5c2d3e04', code: 'MAT101', name: 'Matematik' };
const EXCUSE = {
  id: '0198d000-2222-7ccc-9e02-3a0a5c2d3e04',
  student: STUDENT,
  course: null,
  fromAt: '2026-11-19T21:00:00.000Z',
  untilAt: '2026-11-20T21:00:00.000Z',
  note: 'Flu, with a doctor’s note.',
  document: { name: 'rapor.pdf', type: 'application/pdf', bytes: 48213 },
  status: 'open',
  answer: null,
  decidedBy: null,
  decidedAt: null,
  createdAt: '2026-11-20T06:12:00.000Z',
  createdBy: '0198a000-3333-7ccc-9e02-3a0a5c2d3e04',
};

export const Excuse = Type.Object(
  {
    id: Uuid('The excuse.'),
    student: Person,
    course: Nullable(
      Type.Object(
        { id: Uuid('The course.'), code: Type.String(), name: Type.String() },
        { description: 'Only its sessions; null: those of all courses.' },
      ),
    ),
    fromAt: Instant('Sessions that start from then on…'),
    untilAt: Instant('…and before then are excused.'),
    note: Type.String(),
    document: Nullable(Type.Object({ name: Type.String(), type: Type.String(), bytes: Type.Integer() })),
    status: OneOf(DECISIONS),
    answer: Nullable(Type.String()),
    decidedBy: Nullable(Uuid('Who decided.')),
    decidedAt: Nullable(Instant('When.')),
    createdAt: Instant('When it was handed in.'),
    createdBy: Nullable(Uuid('Who handed it in.')),
  },
  { title: 'Excuse', examples: [EXCUSE] },
);
export type Excuse = Static<typeof Excuse>;

export const ExcuseList = ListOf(Excuse, 'ExcuseList');

export const NewExcuse = Type.Object(
  {
    studentId: Type.Optional(Uuid('Whose excuse it is; students hand in their own and may leave it out.')),
    courseId: Type.Optional(Nullable(Uuid('Only this course; null: all.'))),
    fromAt: Instant('Sessions that start from then on…'),
    untilAt: Instant('…and before then, at most a year later.'),
    note: Text('Why.'),
  },
  {
    additionalProperties: false,
    title: 'NewExcuse',
    examples: [
      {
        studentId: STUDENT.id,
        courseId: null,
        fromAt: EXCUSE.fromAt,
        untilAt: EXCUSE.untilAt,
        note: EXCUSE.note,
      },
    ],
  },
);
export type NewExcuse = Static<typeof NewExcuse>;

export const ExcusePatch = Type.Partial(
  Type.Object({
    courseId: Nullable(Uuid('Only this course; null: all.')),
    fromAt: Instant('Sessions that start from then on…'),
    untilAt: Instant('…and before then.'),
    note: Text('Why.'),
  }),
  { additionalProperties: false, minProperties: 1, title: 'ExcusePatch', examples: [{ note: 'Flu' }] },
);
export type ExcusePatch = Static<typeof ExcusePatch>;

export const ExcuseQuery = Type.Object({
  status: Type.Optional(OneOf(DECISIONS)),
  studentId: Type.Optional(Uuid('Only this student.')),
  courseId: Type.Optional(Uuid('Only excuses for this course alone.')),
  from: Type.Optional(Instant('That end after this.')),
  to: Type.Optional(Instant('That begin before this.')),
  sort: Type.Optional(OneOf(['createdAt', '-createdAt', 'fromAt', '-fromAt'], 'Newest first where absent.')),
  ...PageQuery,
});
export type ExcuseQuery = Static<typeof ExcuseQuery>;

export const Decision = Type.Object(
  { status: OneOf(['accepted', 'refused']), answer: Answer },
  {
    additionalProperties: false,
    title: 'ExcuseDecision',
    examples: [{ status: 'accepted', answer: 'Get well soon.' }],
  },
);
export type Decision = Static<typeof Decision>;

const CONTEST = {
  id: '0198e000-2222-7ccc-9e02-3a0a5c2d3e04',
  recordId: '0198c1f2-5d3e-7c11-9a20-4c7f0b6f1a01',
  sessionId: '0198c1f0-11aa-7bbb-8d01-2f9f4b1c2d03',
  course: COURSE,
  day: '2026-11-20',
  recordStatus: 'absent',
  recordVersion: 2,
  student: STUDENT,
  text: 'I sat in the last row, behind the column.',
  status: 'open',
  answer: null,
  decidedBy: null,
  decidedAt: null,
  createdAt: '2026-11-20T12:00:00.000Z',
};

export const Contest = Type.Object(
  {
    id: Uuid('The objection.'),
    recordId: Uuid('The mark that it is about.'),
    sessionId: Uuid('Of that session.'),
    course: Type.Object({ id: Uuid('The course.'), code: Type.String(), name: Type.String() }),
    day: Type.String({ format: 'date', description: 'Of the session.' }),
    recordStatus: Type.String({ description: 'The mark as it stands now.' }),
    recordVersion: Type.Integer({ description: 'Its version as it stands now.' }),
    student: Person,
    text: Type.String(),
    status: OneOf(DECISIONS),
    answer: Nullable(Type.String()),
    decidedBy: Nullable(Uuid('Who decided.')),
    decidedAt: Nullable(Instant('When.')),
    createdAt: Instant('When it was written.'),
  },
  { title: 'Contest', examples: [CONTEST] },
);
export type Contest = Static<typeof Contest>;

export const ContestList = ListOf(Contest, 'ContestList');

export const NewContest = Type.Object(
  { text: Text('What is wrong with the mark.') },
  { additionalProperties: false, title: 'NewContest', examples: [{ text: CONTEST.text }] },
);

export const ContestQuery = Type.Object({
  status: Type.Optional(OneOf(DECISIONS)),
  courseId: Type.Optional(Uuid('Only this course.')),
  studentId: Type.Optional(Uuid('Only this student.')),
  sort: Type.Optional(OneOf(['createdAt', '-createdAt'], 'Newest first where absent.')),
  ...PageQuery,
});
export type ContestQuery = Static<typeof ContestQuery>;

export const ContestDecision = Type.Object(
  {
    status: OneOf(['accepted', 'refused']),
    answer: Answer,
    correction: Type.Optional(
      Type.Object(
        {
          status: MarkStatusSchema,
          note: Type.Optional(Nullable(Type.String({ maxLength: 500 }))),
          version: Type.Optional(Type.Integer({ minimum: 1, description: 'Of the mark that was seen.' })),
        },
        { additionalProperties: false, description: 'Of the mark, in the same step; with `accepted` only.' },
      ),
    ),
  },
  {
    additionalProperties: false,
    title: 'ContestDecision',
    examples: [
      { status: 'accepted', answer: 'You are right.', correction: { status: 'present', version: 2 } },
    ],
  },
);
export type ContestDecision = Static<typeof ContestDecision>;
