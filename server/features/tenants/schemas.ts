import { type Static, Type } from 'typebox';
import { EMOTION_MODES, POLICY_IDS } from '../../../config/policies.ts';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';
import { Email, Locale, Password, PersonName } from '../auth/schemas.ts';
import { SETTINGS_DEFAULTS, SettingsPatch, TenantSettings } from './settings.ts';

const EXAMPLE = {
  id: '01939d3e-0000-7000-8000-000000000001',
  name: 'Atatürk Lisesi',
  locale: 'tr',
  timezone: 'Europe/Istanbul',
  policy: 'tr',
  emotion: { prohibited: false, mode: 'off' },
  domain: 'ataturk.example.edu',
  active: true,
  logoUrl: '/api/v1/tenant/logo?id=01939d3e-0000-7000-8000-000000000001&v=5f2c',
  createdAt: '2026-09-01T08:00:00.000Z',
};

const shape = {
  id: Uuid('The institution.'),
  name: Type.String(),
  locale: Type.String(),
  timezone: Type.String({ description: 'IANA name; local days are computed in it.' }),
  policy: OneOf(POLICY_IDS, 'The jurisdiction’s policy; fixed for the institution.'),
  emotion: Type.Object({
    prohibited: Type.Boolean({
      description: 'The law forbids it; nothing in the institution can change that.',
    }),
    mode: OneOf(EMOTION_MODES, 'What sessions opened from now on will do.'),
  }),
  domain: Nullable(Type.String({ description: 'Host name that shows this institution.' })),
  active: Type.Boolean({ description: 'Nobody of a suspended institution can sign in or call.' }),
  logoUrl: Nullable(Type.String({ description: 'Path of the logo; changes with it.' })),
  createdAt: Instant('When it was made.'),
};

export const Tenant = Type.Object(
  { ...shape, settings: TenantSettings },
  { title: 'Tenant', examples: [{ ...EXAMPLE, settings: SETTINGS_DEFAULTS }] },
);
export type Tenant = Static<typeof Tenant>;

export const TenantSummary = Type.Object(
  { ...shape, users: Type.Integer(), students: Type.Optional(Type.Integer()) },
  { title: 'TenantSummary', examples: [{ ...EXAMPLE, users: 41 }] },
);
export type TenantSummary = Static<typeof TenantSummary>;
export const TenantList = ListOf(TenantSummary, 'TenantList');
Object.assign(TenantList, {
  examples: [{ total: 1, skip: 0, limit: 50, items: [{ ...EXAMPLE, users: 41 }] }],
});

export const TenantQuery = Type.Object({
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of the name or domain.' })),
  active: Type.Optional(Type.Boolean({ description: 'Only active, or only suspended ones.' })),
  sort: Type.Optional(OneOf(['name', '-name', 'createdAt', '-createdAt'], 'Default `name`.')),
  ...PageQuery,
});
export type TenantQuery = Static<typeof TenantQuery>;

const fields = {
  name: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }),
  timezone: Type.String({ minLength: 1, maxLength: 64, description: 'IANA name.' }),
  domain: Nullable(
    Type.String({
      pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$',
      maxLength: 253,
      description: 'Host name, lower case.',
    }),
  ),
};

export const NewTenant = Type.Object(
  {
    name: fields.name,
    locale: Locale,
    timezone: fields.timezone,
    policy: OneOf(POLICY_IDS, 'Fixed from then on.'),
    emotionMode: Type.Optional(OneOf(EMOTION_MODES, 'The policy’s default where left out.')),
    domain: Type.Optional(fields.domain),
    admin: Type.Object(
      { email: Email, name: PersonName, password: Type.Optional(Password) },
      { description: 'The first administrator; invited by e-mail where no password is given.' },
    ),
  },
  {
    title: 'NewTenant',
    examples: [
      {
        name: 'Atatürk Lisesi',
        locale: 'tr',
        timezone: 'Europe/Istanbul',
        policy: 'tr',
        admin: { email: 'mudur@example.edu', name: 'Ali Demir' },
      },
    ],
  },
);
export type NewTenantBody = Static<typeof NewTenant>;

export const TenantPatch = Type.Object(
  {
    name: Type.Optional(fields.name),
    locale: Type.Optional(Locale),
    timezone: Type.Optional(fields.timezone),
    emotion: Type.Optional(Type.Object({ mode: OneOf(EMOTION_MODES) })),
    settings: Type.Optional(SettingsPatch),
  },
  {
    title: 'TenantPatch',
    minProperties: 1,
    examples: [{ settings: { twoFactor: { requiredFor: ['admin'] }, warnings: { absences: 4 } } }],
  },
);
export type TenantPatch = Static<typeof TenantPatch>;

export const AnyTenantPatch = Type.Object(
  {
    name: Type.Optional(fields.name),
    locale: Type.Optional(Locale),
    timezone: Type.Optional(fields.timezone),
    domain: Type.Optional(fields.domain),
    active: Type.Optional(Type.Boolean({ description: '`false` suspends the institution.' })),
  },
  { title: 'AnyTenantPatch', minProperties: 1, examples: [{ active: false }] },
);
export type AnyTenantPatch = Static<typeof AnyTenantPatch>;

export const TenantPublic = Type.Object(
  {
    id: Nullable(Uuid('The institution; null where the host name belongs to none.')),
    name: Nullable(Type.String()),
    locale: Type.String(),
    colours: TenantSettings.properties.colours,
    logoUrl: Nullable(Type.String()),
    registrationOpen: Type.Boolean(),
    oidcProviders: Type.Array(Type.Object({ id: Uuid('The provider.'), name: Type.String() })),
  },
  {
    title: 'TenantPublic',
    examples: [
      {
        id: EXAMPLE.id,
        name: EXAMPLE.name,
        locale: 'tr',
        colours: SETTINGS_DEFAULTS.colours,
        logoUrl: EXAMPLE.logoUrl,
        registrationOpen: false,
        oidcProviders: [{ id: '01939d3e-7c44-7d10-9d3c-3c1f0a2b4c5d', name: 'Kampüs' }],
      },
    ],
  },
);
export type TenantPublic = Static<typeof TenantPublic>;
