import { type Static, type TObject, Type } from 'typebox';
import { Value } from 'typebox/value';
import { OneOf } from '../../http.ts';

/**
 * What an institution sets itself. Each group is an object of its own with a default for every key, so that a group
 * can be added here without touching any institution: what was never stored reads as the default.
 */
const groups = {
  /** As `#rrggbb`. */
  colours: Type.Object(
    {
      primary: Type.String({ pattern: '^#[0-9a-fA-F]{6}$' }),
      accent: Type.String({ pattern: '^#[0-9a-fA-F]{6}$' }),
    },
    { description: 'Colours of the institution, `#rrggbb`.' },
  ),
  registration: Type.Object(
    {
      open: Type.Boolean({ description: 'Students may make an account for themselves.' }),
      emailDomains: Type.Array(Type.String({ pattern: '^[a-z0-9.-]+\\.[a-z]{2,}$', maxLength: 253 }), {
        maxItems: 50,
        description: 'Only addresses of these domains, where there are any.',
      }),
    },
    { description: 'Who may make an account for themselves.' },
  ),
  twoFactor: Type.Object(
    {
      requiredFor: Type.Array(OneOf(['admin', 'teacher', 'student']), {
        maxItems: 3,
        uniqueItems: true,
        description:
          'Roles that cannot work without a second factor; `admin` includes system administrators.',
      }),
    },
    { description: 'Second factor.' },
  ),
  cors: Type.Object(
    {
      origins: Type.Array(Type.String({ pattern: '^https?://[a-z0-9.-]+(:[0-9]{1,5})?$', maxLength: 300 }), {
        maxItems: 20,
      }),
    },
    { description: 'Origins of other web pages, an LMS for instance, that may call the API from a browser.' },
  ),
  reports: Type.Object(
    {
      dailyAt: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' }),
      weeklyAt: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' }),
      weeklyDay: Type.Integer({ minimum: 1, maximum: 7, description: '1 is Monday, 7 Sunday.' }),
    },
    { description: 'When reports are made, in the institution’s zone.' },
  ),
  warnings: Type.Object(
    {
      enabled: Type.Boolean(),
      absences: Type.Integer({
        minimum: 1,
        maximum: 200,
        description: 'Absences in a course after which the student is warned; a course may have its own.',
      }),
    },
    { description: 'Warnings about absences.' },
  ),
  attendance: Type.Object(
    {
      cameraFaces: Type.Integer({ minimum: 1, maximum: 100, description: 'Faces that make a class.' }),
      cameraSeconds: Type.Integer({
        minimum: 1,
        maximum: 600,
        description: 'How long a camera has to see so many before a session opens.',
      }),
    },
    { description: 'Courses whose sessions are opened by a camera that sees a class.' },
  ),
  qr: Type.Object(
    {
      sharedDevice: OneOf(
        ['refuse', 'flag'],
        'A second student on the device of a first: refuse the scan, or take it and show staff.',
      ),
    },
    { description: 'Attendance by QR code.' },
  ),
  notifications: Type.Object(
    {
      students: Type.Boolean({ description: 'Students are told of their absences.' }),
      guardians: Type.Boolean({ description: 'Guardians are told of absences, where an address is known.' }),
      late: Type.Boolean({ description: 'Being late is told, too.' }),
      digest: OneOf(
        ['each', 'daily'],
        'E-mails about attendance go out when a class has closed, or once in the evening (`reports.dailyAt`).',
      ),
      quietHours: Type.Union(
        [
          Type.Object({
            from: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' }),
            until: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' }),
          }),
          Type.Null(),
        ],
        {
          description:
            'E-mails that can wait do so until these hours have passed. People may choose their own.',
        },
      ),
    },
    { description: 'What is told to whom, and when.' },
  ),
  recording: Type.Object(
    {
      enabled: Type.Boolean({ description: 'Sessions may be recorded, where the policy allows it.' }),
    },
    { description: 'Recordings. Each session is switched on by hand; everybody in it is shown that it is.' },
  ),
  webhooks: Type.Object(
    {
      studentNames: Type.Boolean({
        description: 'Payloads of webhooks name students; without it they hold ids and numbers.',
      }),
    },
    { description: 'What other systems are told.' },
  ),
} satisfies Record<string, TObject>;

export const TenantSettings = Type.Object(groups, { title: 'TenantSettings' });
export type TenantSettings = Static<typeof TenantSettings>;

export const SETTINGS_DEFAULTS: TenantSettings = {
  colours: { primary: '#2f4fd8', accent: '#0f8a6c' },
  registration: { open: false, emailDomains: [] },
  twoFactor: { requiredFor: [] },
  cors: { origins: [] },
  reports: { dailyAt: '18:00', weeklyAt: '18:00', weeklyDay: 7 },
  warnings: { enabled: true, absences: 3 },
  notifications: { students: true, guardians: true, late: false, digest: 'each', quietHours: null },
  recording: { enabled: false },
  webhooks: { studentNames: false },
  attendance: { cameraFaces: 3, cameraSeconds: 10 },
  qr: { sharedDevice: 'refuse' },
};

/** A change of settings: groups and keys that are left out stay as they are. */
export const SettingsPatch = Type.Unsafe<{
  [Group in keyof TenantSettings]?: Partial<TenantSettings[Group]>;
}>(
  Type.Object(
    Object.fromEntries(
      Object.entries(groups).map(([name, group]) => [name, Type.Optional(Type.Partial(group as TObject))]),
    ),
    { title: 'TenantSettingsPatch', additionalProperties: false },
  ),
);
export type SettingsPatch = Static<typeof SettingsPatch>;

/** The settings of an institution's row: what is stored over the defaults. A stored value that no longer fits is left out. */
export function tenantSettings(row: { settings: Record<string, unknown> }): TenantSettings {
  const read: Record<string, unknown> = {};
  for (const [name, group] of Object.entries(groups)) {
    const fallback = SETTINGS_DEFAULTS[name as keyof TenantSettings] as Record<string, unknown>;
    const stored = (row.settings[name] ?? {}) as Record<string, unknown>;
    const kept = Object.entries(group.properties).map(([key, schema]) => {
      const value = stored[key];
      return [key, value !== undefined && Value.Check(schema, value) ? value : fallback[key]];
    });
    read[name] = Object.fromEntries(kept);
  }
  return read as TenantSettings;
}

/** What to store after a change: only what was ever set, so that new defaults reach the rest. */
export function mergeSettings(
  stored: Record<string, unknown>,
  patch: SettingsPatch,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...stored };
  for (const [name, changes] of Object.entries(patch)) {
    if (changes) merged[name] = { ...((stored[name] ?? {}) as object), ...changes };
  }
  return merged;
}
