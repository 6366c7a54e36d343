import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { MessageKind } from '../../mail/kinds.ts';

/** What a person chooses for: kinds of messages that belong together. */
export const TOPICS = [
  'attendance',
  'absence-warning',
  'excuse',
  'contest',
  'weekly-report',
  'daily-report',
  'camera',
  'report',
  'system',
] as const;
export type Topic = (typeof TOPICS)[number];

export type Reader = 'student' | 'guardian' | 'teacher' | 'admin';
export interface Choice {
  inApp: boolean;
  email: boolean;
}

/** Kinds without a topic are answers to what the reader has just asked for: they are always sent, at once. */
const TOPIC_OF: Partial<Record<MessageKind, Topic>> = {
  attendance: 'attendance',
  'attendance-corrected': 'attendance',
  'absence-warning': 'absence-warning',
  'excuse-opened': 'excuse',
  'excuse-decided': 'excuse',
  'contest-opened': 'contest',
  'contest-decided': 'contest',
  'weekly-report': 'weekly-report',
  'daily-report': 'daily-report',
  'camera-down': 'camera',
  'camera-up': 'camera',
  'report-ready': 'report',
  'webhook-disabled': 'system',
  'mail-not-set-up': 'system',
};

export const topicOf = (kind: MessageKind): Topic | null => TOPIC_OF[kind] ?? null;

/** Those that quiet hours would make useless. */
const AT_ONCE: ReadonlySet<MessageKind> = new Set([
  'invitation',
  'password-reset',
  'mail-test',
  'camera-down',
  'camera-up',
  'report-ready',
]);

export const canWait = (kind: MessageKind): boolean => !AT_ONCE.has(kind);

const both = { inApp: true, email: true };
const inAppOnly = { inApp: true, email: false };

/** What each reader gets without having chosen; what is not named is not for them. */
export const DEFAULTS: Record<Reader, Partial<Record<Topic, Choice>>> = {
  student: {
    attendance: both,
    'absence-warning': both,
    excuse: both,
    contest: both,
    report: inAppOnly,
  },
  guardian: {
    attendance: { inApp: false, email: true },
    'absence-warning': { inApp: false, email: true },
    excuse: { inApp: false, email: true },
  },
  teacher: {
    'absence-warning': inAppOnly,
    excuse: inAppOnly,
    contest: inAppOnly,
    'weekly-report': both,
    camera: both,
    report: inAppOnly,
  },
  admin: {
    'absence-warning': inAppOnly,
    excuse: inAppOnly,
    contest: inAppOnly,
    'weekly-report': both,
    'daily-report': both,
    camera: both,
    report: inAppOnly,
    system: both,
  },
};

export interface QuietHours {
  /** Local wall time, `HH:MM`; may be later than `until`, over midnight. */
  from: string;
  until: string;
}

/** Under the key `notifications` of a user's or a student's preferences. */
export interface StoredPreferences {
  topics?: Partial<Record<Topic, Partial<Choice>>>;
  /** Null: none, whatever the institution has. Absent: the institution's. */
  quietHours?: QuietHours | null;
  /** Of a student's: what the guardian chose. */
  guardian?: { topics?: Partial<Record<Topic, Partial<Choice>>> };
}

const Chosen = Type.Record(
  Type.String(),
  Type.Object({ inApp: Type.Optional(Type.Boolean()), email: Type.Optional(Type.Boolean()) }),
);
const TIME = '^([01][0-9]|2[0-3]):[0-5][0-9]$';
const Quiet = Type.Union([
  Type.Null(),
  Type.Object({ from: Type.String({ pattern: TIME }), until: Type.String({ pattern: TIME }) }),
]);

/** Preferences of students can be written by others, too: what does not fit counts as not chosen. */
export function storedPreferences(preferences: Record<string, unknown>): StoredPreferences {
  const stored = objectOf(preferences.notifications);
  const guardian = objectOf(stored.guardian);
  return {
    ...(Value.Check(Chosen, stored.topics) ? { topics: stored.topics } : {}),
    ...(Value.Check(Quiet, stored.quietHours) ? { quietHours: stored.quietHours } : {}),
    ...(Value.Check(Chosen, guardian.topics) ? { guardian: { topics: guardian.topics } } : {}),
  };
}

function objectOf(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
}

/** What a reader gets of a topic. */
export function choiceOf(
  reader: Reader,
  topic: Topic,
  chosen: Partial<Record<Topic, Partial<Choice>>> | undefined,
): Choice {
  const fallback = DEFAULTS[reader][topic];
  if (!fallback) return { inApp: false, email: false };
  return { ...fallback, ...chosen?.[topic] };
}
