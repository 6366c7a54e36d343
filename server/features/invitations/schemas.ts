import { type Static, Type } from 'typebox';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';
import { Email, Locale, PersonName } from '../auth/schemas.ts';

const ID = '01939d3e-7c44-7d10-9d3c-3c1f0a2b4c5d';
const ROLES = ['admin', 'teacher', 'student'] as const;

const INVITATION = {
  id: ID,
  userId: '01939d3e-7c44-7d10-9d3c-3c1f0a2b4c5e',
  email: 'mehmet@example.edu',
  name: 'Mehmet Kaya',
  role: 'teacher',
  createdAt: '2026-11-21T08:00:00.000Z',
  expiresAt: '2026-11-28T08:00:00.000Z',
};

export const Invitation = Type.Object(
  {
    id: Uuid('The invitation.'),
    userId: Uuid('The account that waits for a password.'),
    email: Type.String(),
    name: Type.String(),
    role: OneOf(['sysadmin', ...ROLES]),
    createdAt: Instant('When the link was sent.'),
    expiresAt: Instant('The link works until then.'),
  },
  { title: 'Invitation', examples: [INVITATION] },
);
export type Invitation = Static<typeof Invitation>;

export const InvitationList = ListOf(Invitation, 'InvitationList');
Object.assign(InvitationList, { examples: [{ total: 1, skip: 0, limit: 50, items: [INVITATION] }] });

export const NewInvitation = Type.Object(
  {
    email: Email,
    name: PersonName,
    role: OneOf(ROLES),
    locale: Type.Optional(Locale),
    studentId: Type.Optional(Uuid('Needed for the role `student`, refused for others.')),
  },
  {
    title: 'NewInvitation',
    examples: [{ email: 'mehmet@example.edu', name: 'Mehmet Kaya', role: 'teacher' }],
  },
);
export type NewInvitation = Static<typeof NewInvitation>;

export const InvitationQuery = Type.Object({
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of name or address.' })),
  role: Type.Optional(OneOf(ROLES)),
  sort: Type.Optional(OneOf(['createdAt', '-createdAt', 'name', '-name'], 'Default `-createdAt`.')),
  ...PageQuery,
});
export type InvitationQuery = Static<typeof InvitationQuery>;

const CODE = {
  id: ID,
  hint: '7K2P',
  label: 'MAT101, first row',
  role: 'student',
  studentId: null,
  teacherId: null,
  courseId: null,
  maxUses: 1,
  uses: 0,
  status: 'open',
  createdAt: '2026-11-21T08:00:00.000Z',
  expiresAt: '2026-12-21T08:00:00.000Z',
};
const codeShape = {
  id: Uuid('The code.'),
  hint: Type.String({ description: 'Its first four characters: the rest is not kept.' }),
  label: Nullable(Type.String()),
  role: OneOf(ROLES),
  studentId: Nullable(Uuid('The roster entry that the account is for.')),
  teacherId: Nullable(Uuid('The teacher that the account is for.')),
  courseId: Nullable(Uuid('The account joins this course.')),
  maxUses: Type.Integer(),
  uses: Type.Integer(),
  status: OneOf(['open', 'used', 'expired', 'revoked']),
  createdAt: Instant('When it was made.'),
  expiresAt: Instant('Works until then.'),
};
export const ActivationCode = Type.Object(codeShape, { title: 'ActivationCode', examples: [CODE] });
export type ActivationCode = Static<typeof ActivationCode>;
export const ActivationCodeList = ListOf(ActivationCode, 'ActivationCodeList');
Object.assign(ActivationCodeList, { examples: [{ total: 1, skip: 0, limit: 50, items: [CODE] }] });

export const FreshCodes = Type.Object(
  {
    codes: Type.Array(
      Type.Object({
        ...codeShape,
        code: Type.String({ description: 'To be given out; told only now.' }),
        holder: Nullable(Type.String({ description: 'Name of the roster entry or teacher it is for.' })),
      }),
    ),
  },
  {
    title: 'FreshActivationCodes',
    examples: [{ codes: [{ ...CODE, code: '7K2P-A9QX-M4BV', holder: null }] }],
  },
);

const MAX_CODES = 500;
export const NewCodes = Type.Object(
  {
    role: OneOf(ROLES),
    count: Type.Optional(
      Type.Integer({ minimum: 1, maximum: MAX_CODES, description: 'How many; default 1.' }),
    ),
    studentIds: Type.Optional(
      Type.Array(Uuid('A student.'), {
        minItems: 1,
        maxItems: MAX_CODES,
        uniqueItems: true,
        description: 'A code for each of these roster entries, instead of `count`.',
      }),
    ),
    teacherId: Type.Optional(Uuid('The teacher that the account is for.')),
    courseId: Type.Optional(Uuid('The account joins this course.')),
    label: Type.Optional(Type.String({ maxLength: 200 })),
    maxUses: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, description: 'Accounts that one code makes; default 1.' }),
    ),
    expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 365, description: 'Default 30.' })),
  },
  {
    title: 'NewActivationCodes',
    examples: [{ role: 'student', count: 30, label: 'MAT101', expiresInDays: 14 }],
  },
);
export type NewCodes = Static<typeof NewCodes>;

export const CodeQuery = Type.Object({
  status: Type.Optional(OneOf(['open', 'used', 'expired', 'revoked'])),
  role: Type.Optional(OneOf(ROLES)),
  courseId: Type.Optional(Uuid('Codes that join this course.')),
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of label or hint.' })),
  sort: Type.Optional(OneOf(['createdAt', '-createdAt', 'expiresAt', '-expiresAt'], 'Default `-createdAt`.')),
  ...PageQuery,
});
export type CodeQuery = Static<typeof CodeQuery>;
