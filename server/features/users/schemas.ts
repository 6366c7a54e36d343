import { type Static, Type } from 'typebox';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';

/** Students sign in too, with an account made for their roster entry; `sysadmin` is nobody's to give. */
const GIVEN_ROLES = ['admin', 'teacher', 'student'] as const;

export const User = Type.Object(
  {
    id: Uuid('The user.'),
    email: Type.String(),
    name: Type.String(),
    role: OneOf(['sysadmin', ...GIVEN_ROLES]),
    locale: Type.String(),
    active: Type.Boolean({ description: 'An inactive user cannot sign in.' }),
    studentId: Nullable(Uuid('The roster entry of a student’s account.')),
    lastLoginAt: Nullable(Instant('Last sign-in.')),
  },
  { title: 'User' },
);
export type User = Static<typeof User>;

const fields = {
  name: Type.String({ minLength: 1, maxLength: 200 }),
  locale: Type.String({ pattern: '^[a-z]{2}(-[A-Z]{2})?$' }),
  password: Type.String({ minLength: 1, maxLength: 1024, format: 'password' }),
};

export const NewUser = Type.Object(
  {
    email: Type.String({ format: 'email', maxLength: 320 }),
    name: fields.name,
    role: OneOf(GIVEN_ROLES),
    password: fields.password,
    locale: Type.Optional(fields.locale),
    studentId: Type.Optional(Uuid('Needed for the role `student`, refused for others.')),
  },
  { title: 'NewUser' },
);
export type NewUser = Static<typeof NewUser>;

export const UserPatch = Type.Object(
  {
    name: Type.Optional(fields.name),
    role: Type.Optional(OneOf(['admin', 'teacher'])),
    locale: Type.Optional(fields.locale),
    password: Type.Optional(fields.password),
    active: Type.Optional(Type.Boolean()),
  },
  { title: 'UserPatch', minProperties: 1 },
);
export type UserPatch = Static<typeof UserPatch>;

export const UserList = ListOf(User, 'UserList');
export const UserQuery = Type.Object({ ...PageQuery });
