import { type Static, Type } from 'typebox';
import { ROLES } from '../../db/schema/index.ts';
import { OneOf, Uuid } from '../../http.ts';

export const SignedInUser = Type.Object(
  {
    id: Uuid('The user.'),
    email: Type.String(),
    name: Type.String(),
    role: OneOf(ROLES),
    locale: Type.String({ description: 'Language of the user, such as `tr`.' }),
    tenantId: Uuid('The institution.'),
  },
  { title: 'SignedInUser' },
);
export type SignedInUser = Static<typeof SignedInUser>;

export const LoginBody = Type.Object({
  email: Type.String({ minLength: 3, maxLength: 320 }),
  password: Type.String({ minLength: 1, maxLength: 1024, format: 'password' }),
});

export const TokenAnswer = Type.Object(
  {
    access_token: Type.String({ description: 'Sent as `Authorization: Bearer …`.' }),
    token_type: OneOf(['Bearer']),
    expires_in: Type.Integer({ description: 'Seconds that the access token is valid.' }),
    refresh_token: Type.String({ description: 'Exchanged once for the next pair at /auth/refresh.' }),
    user: SignedInUser,
  },
  { title: 'TokenAnswer', description: 'Names as in RFC 6749.' },
);
export type TokenAnswer = Static<typeof TokenAnswer>;

export const RefreshBody = Type.Object({ refresh_token: Type.String({ minLength: 20, maxLength: 200 }) });
