import { type Static, Type } from 'typebox';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';
import { Email, Locale, Password, PersonName } from '../auth/schemas.ts';

/** Students sign in too, with an account made for their roster entry; `sysadmin` is a system administrator's to give. */
const GIVEN_ROLES = ['admin', 'teacher', 'student'] as const;
const EXAMPLE = {
  id: '01939d3e-7c44-7d10-9d3c-3c1f0a2b4c5d',
  email: 'ayse@example.edu',
  name: 'Ayşe Yılmaz',
  role: 'teacher',
  locale: 'tr',
  active: true,
  status: 'active',
  secondFactor: false,
  studentId: null,
  lastLoginAt: '2026-11-21T08:00:00.000Z',
  createdAt: '2026-09-01T08:00:00.000Z',
};

export const User = Type.Object(
  {
    id: Uuid('The user.'),
    email: Type.String(),
    name: Type.String(),
    role: OneOf(['sysadmin', ...GIVEN_ROLES]),
    locale: Type.String(),
    active: Type.Boolean({ description: 'An inactive user cannot sign in.' }),
    status: OneOf(
      ['active', 'invited', 'waiting', 'disabled'],
      '`invited`: has neither password nor sign-in yet; `waiting`: a student who was not found on the roster.',
    ),
    secondFactor: Type.Boolean({ description: 'Signing in asks for a second factor.' }),
    studentId: Nullable(Uuid('The roster entry of a student’s account.')),
    lastLoginAt: Nullable(Instant('Last sign-in.')),
    createdAt: Instant('When the account was made.'),
  },
  { title: 'User', examples: [EXAMPLE] },
);
export type User = Static<typeof User>;

export const NewUser = Type.Object(
  {
    email: Email,
    name: PersonName,
    role: OneOf(GIVEN_ROLES),
    password: Password,
    locale: Type.Optional(Locale),
    studentId: Type.Optional(Uuid('Needed for the role `student`, refused for others.')),
  },
  {
    title: 'NewUser',
    examples: [
      { email: 'ayse@example.edu', name: 'Ayşe Yılmaz', role: 'teacher', password: 'a long password' },
    ],
  },
);
export type NewUser = Static<typeof NewUser>;

export const UserPatch = Type.Object(
  {
    name: Type.Optional(PersonName),
    role: Type.Optional(OneOf(['sysadmin', 'admin', 'teacher'])),
    locale: Type.Optional(Locale),
    password: Type.Optional(Password),
    active: Type.Optional(Type.Boolean()),
    studentId: Type.Optional(Uuid('The roster entry of a student who waits for it.')),
  },
  { title: 'UserPatch', minProperties: 1, examples: [{ active: false }] },
);
export type UserPatch = Static<typeof UserPatch>;

export const UserList = ListOf(User, 'UserList');
Object.assign(UserList, { examples: [{ total: 1, skip: 0, limit: 50, items: [EXAMPLE] }] });

const SORTS = ['name', 'email', 'createdAt', 'lastLoginAt'] as const;
export const UserQuery = Type.Object({
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of name or address.' })),
  role: Type.Optional(OneOf(['sysadmin', ...GIVEN_ROLES])),
  status: Type.Optional(OneOf(['active', 'invited', 'waiting', 'disabled'])),
  sort: Type.Optional(OneOf([...SORTS, ...SORTS.map((name) => `-${name}`)], 'Default `name`.')),
  ...PageQuery,
});
export type UserQuery = Static<typeof UserQuery>;
