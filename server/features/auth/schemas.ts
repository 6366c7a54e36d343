import { type Static, Type } from 'typebox';
import { ROLES } from '../../db/schema/index.ts';
import { Instant, Nullable, OneOf, Uuid } from '../../http.ts';

const USER_EXAMPLE = {
  id: '01939d3e-7c44-7d10-9d3c-3c1f0a2b4c5d',
  email: 'ayse@example.edu',
  name: 'Ayşe Yılmaz',
  role: 'teacher',
  locale: 'tr',
  tenantId: '01939d3e-0000-7000-8000-000000000001',
  studentId: null,
  secondFactor: false,
};

export const SignedInUser = Type.Object(
  {
    id: Uuid('The user.'),
    email: Type.String(),
    name: Type.String(),
    role: OneOf(ROLES),
    locale: Type.String({ description: 'Language of the user, such as `tr`.' }),
    tenantId: Uuid('The institution.'),
    studentId: Nullable(Uuid('The roster entry of a student’s account.')),
    secondFactor: Type.Boolean({ description: 'Signing in asks for a second factor.' }),
  },
  { title: 'SignedInUser', examples: [USER_EXAMPLE] },
);
export type SignedInUser = Static<typeof SignedInUser>;

export const Password = Type.String({ minLength: 1, maxLength: 1024, format: 'password' });
export const PersonName = Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' });
export const Email = Type.String({ format: 'email', maxLength: 320 });
export const Locale = Type.String({ pattern: '^[a-z]{2}(-[A-Z]{2})?$' });
const LinkToken = Type.String({
  minLength: 20,
  maxLength: 200,
  description: 'What stands after `#` in the link.',
});
const TOKEN_EXAMPLE = 'Zl0m9yq4n1Vw8aB2cD3eF4gH5iJ6kL7mN8oP9qR0sT1';

export const LoginBody = Type.Object(
  { email: Type.String({ minLength: 3, maxLength: 320 }), password: Password },
  { examples: [{ email: 'ayse@example.edu', password: 'a long password' }] },
);

export const TokenAnswer = Type.Object(
  {
    access_token: Type.String({ description: 'Sent as `Authorization: Bearer …`.' }),
    token_type: OneOf(['Bearer']),
    expires_in: Type.Integer({ description: 'Seconds that the access token is valid.' }),
    refresh_token: Type.String({ description: 'Exchanged once for the next pair at /auth/refresh.' }),
    limited: Type.Boolean({
      description:
        'The institution asks for a second factor in this role: until it is set up, nothing else works.',
    }),
    user: SignedInUser,
  },
  {
    title: 'TokenAnswer',
    description: 'Names as in RFC 6749.',
    examples: [
      {
        access_token: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6IjEifQ.e30.c2ln',
        token_type: 'Bearer',
        expires_in: 900,
        refresh_token: TOKEN_EXAMPLE,
        limited: false,
        user: USER_EXAMPLE,
      },
    ],
  },
);
export type TokenAnswer = Static<typeof TokenAnswer>;

export const RefreshBody = Type.Object(
  { refresh_token: Type.String({ minLength: 20, maxLength: 200 }) },
  { examples: [{ refresh_token: TOKEN_EXAMPLE }] },
);

export const MePatch = Type.Object(
  { name: Type.Optional(PersonName), locale: Type.Optional(Locale) },
  { title: 'MePatch', minProperties: 1, examples: [{ locale: 'en' }] },
);

export const Accepted = Type.Object(
  { status: OneOf(['accepted']) },
  { title: 'Accepted', examples: [{ status: 'accepted' }] },
);

export const ForgotBody = Type.Object({ email: Email }, { examples: [{ email: 'ayse@example.edu' }] });
export const ResetBody = Type.Object(
  { token: LinkToken, password: Password },
  { examples: [{ token: TOKEN_EXAMPLE, password: 'a new long password' }] },
);
export const ChangePasswordBody = Type.Object(
  { oldPassword: Password, newPassword: Password },
  { examples: [{ oldPassword: 'a long password', newPassword: 'a new long password' }] },
);

const TotpCode = Type.String({ pattern: '^[0-9]{3} ?[0-9]{3}$', description: 'Six digits of the app.' });
const BackupCode = Type.String({ minLength: 8, maxLength: 40 });

export const SecondFactorLogin = Type.Object(
  {
    challenge: Type.String({
      minLength: 20,
      maxLength: 200,
      description: '`details.challenge` of the answer.',
    }),
    code: Type.Optional(TotpCode),
    backupCode: Type.Optional(BackupCode),
  },
  { examples: [{ challenge: TOKEN_EXAMPLE, code: '123456' }] },
);
export const SecondFactorSecret = Type.Object(
  {
    secret: Type.String({ description: 'Base 32, to be typed where there is no camera.' }),
    uri: Type.String({ description: 'otpauth:// for the app.' }),
    qr: Type.String({ description: 'The same as a picture: SVG as a data URL.' }),
  },
  {
    title: 'SecondFactorSecret',
    examples: [
      {
        secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
        uri: 'otpauth://totp/Yoklama:ayse%40example.edu?issuer=Yoklama&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
        qr: 'data:image/svg+xml;base64,PHN2Zy8+',
      },
    ],
  },
);
export const TotpBody = Type.Object({ code: TotpCode }, { examples: [{ code: '123456' }] });
export const DisableBody = Type.Object(
  {
    password: Type.Optional(Password),
    code: Type.Optional(TotpCode),
    backupCode: Type.Optional(BackupCode),
  },
  { examples: [{ password: 'a long password', code: '123456' }] },
);
export const BackupCodes = Type.Object(
  { backupCodes: Type.Array(Type.String(), { description: 'Each works once; shown only now.' }) },
  { title: 'BackupCodes', examples: [{ backupCodes: ['7K2PA-9QXM4', 'B0C5D-1EFGH'] }] },
);

export const SignIn = Type.Object(
  {
    id: Uuid('The sign-in.'),
    current: Type.Boolean({ description: 'The one that asks.' }),
    device: Nullable(Type.String({ description: 'The browser’s or program’s User-Agent.' })),
    address: Nullable(Type.String()),
    methods: Type.Array(Type.String(), {
      description: 'password, totp, backup-code, oidc, code, invitation.',
    }),
    createdAt: Instant('When it was made.'),
    lastUsedAt: Instant('When it last got new tokens.'),
    expiresAt: Instant('When it ends unless it is used again.'),
  },
  { title: 'SignIn' },
);
export const SignIns = Type.Object(
  { items: Type.Array(SignIn) },
  {
    title: 'SignIns',
    examples: [
      {
        items: [
          {
            id: '01939d3e-7c44-7d10-9d3c-3c1f0a2b4c5d',
            current: true,
            device: 'Mozilla/5.0',
            address: '192.0.2.7',
            methods: ['password', 'totp'],
            createdAt: '2026-11-21T08:00:00.000Z',
            lastUsedAt: '2026-11-21T09:30:00.000Z',
            expiresAt: '2026-12-21T09:30:00.000Z',
          },
        ],
      },
    ],
  },
);
export const Ended = Type.Object(
  { ended: Type.Integer({ description: 'Sign-ins that were ended.' }) },
  { title: 'EndedSignIns', examples: [{ ended: 2 }] },
);

export const RegisterBody = Type.Object(
  {
    email: Email,
    name: PersonName,
    studentNumber: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    locale: Type.Optional(Locale),
    tenantId: Type.Optional(
      Uuid('The institution; left out, the one that the host name of the request belongs to.'),
    ),
  },
  {
    title: 'Registration',
    examples: [{ email: 'deniz@example.edu', name: 'Deniz Kaya', studentNumber: '20260117' }],
  },
);
export const AcceptBody = Type.Object(
  { token: LinkToken, password: Password, name: Type.Optional(PersonName) },
  { examples: [{ token: TOKEN_EXAMPLE, password: 'a long password' }] },
);
export const JoinBody = Type.Object(
  { code: Type.String({ minLength: 8, maxLength: 40 }) },
  { examples: [{ code: '7K2P-A9QX-M4BV' }] },
);
export const JoinedCourse = Type.Object(
  {
    courseId: Uuid('The course.'),
    code: Type.String(),
    name: Type.String(),
    joined: Type.Boolean({ description: 'False: you were in it already, and no use of the code was spent.' }),
  },
  {
    title: 'JoinedCourse',
    examples: [
      { courseId: '01939d3e-7c44-7d10-9d3c-3c1f0a2b4c5f', code: 'MAT101', name: 'Matematik', joined: true },
    ],
  },
);
export type JoinedCourse = Static<typeof JoinedCourse>;
export const ActivateBody = Type.Object(
  {
    code: Type.String({ minLength: 8, maxLength: 40 }),
    email: Email,
    name: PersonName,
    password: Password,
    studentNumber: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    locale: Type.Optional(Locale),
  },
  {
    title: 'Activation',
    examples: [
      {
        code: '7K2P-A9QX-M4BV',
        email: 'deniz@example.edu',
        name: 'Deniz Kaya',
        password: 'a long password',
        studentNumber: '20260117',
      },
    ],
  },
);
