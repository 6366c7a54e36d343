/**
 * Everything that the server writes to people, and what each text is made of. Names of students are filled in when a
 * text is rendered (features/notifications/hydrate.ts), never kept with a message: they go when the student goes.
 */
export type Status = 'present' | 'late' | 'excused' | 'absent';

export interface SessionItem {
  sessionId: string;
  course: string;
  /** ISO 8601. */
  startsAt: string;
  status: Status;
}

export interface CourseFigures {
  course: string;
  sessions: number;
  present: number;
  late: number;
  excused: number;
  absent: number;
  /** 0…1 of those who were expected and not excused; null: nobody was. */
  rate: number | null;
  /** Against the week before, in percentage points. */
  trend: number | null;
}

export interface MessageData {
  invitation: { link: string; role?: string; expiresAt?: string };
  'password-reset': { link: string; expiresAt?: string };
  /** `own`: the reader is the student. */
  attendance: { student: string; own: boolean; items: SessionItem[] };
  'attendance-corrected': { student: string; own: boolean; items: (SessionItem & { before: Status })[] };
  'absence-warning': {
    student: string;
    reader: 'student' | 'guardian' | 'teacher';
    course: string;
    absences: number;
    threshold: number;
  };
  /** Days as `YYYY-MM-DD`, both included. */
  'weekly-report': {
    from: string;
    until: string;
    courses: CourseFigures[];
    /** Students who have reached a course's threshold of absences. */
    lookAfter: { student: string; course: string; absences: number; streak: number }[];
  };
  'daily-report': {
    day: string;
    sessions: number;
    present: number;
    late: number;
    excused: number;
    absent: number;
    rate: number | null;
    openExcuses: number;
    openContests: number;
    camerasDown: number;
  };
  'camera-down': { camera: string; course: string | null; reason: string; since: string };
  'camera-up': { camera: string; course: string | null };
  'excuse-opened': { student: string; from: string; until: string };
  'excuse-decided': { student: string; own: boolean; from: string; until: string; accepted: boolean };
  'contest-opened': { student: string; course: string; startsAt: string };
  'contest-decided': { course: string; startsAt: string; accepted: boolean };
  'report-ready': { report: string; link: string | null };
  'webhook-disabled': { url: string; reason: string };
  'mail-not-set-up': Record<string, never>;
  'mail-test': { to: string };
}

export type MessageKind = keyof MessageData;

export const MESSAGE_KINDS = [
  'invitation',
  'password-reset',
  'attendance',
  'attendance-corrected',
  'absence-warning',
  'weekly-report',
  'daily-report',
  'camera-down',
  'camera-up',
  'excuse-opened',
  'excuse-decided',
  'contest-opened',
  'contest-decided',
  'report-ready',
  'webhook-disabled',
  'mail-not-set-up',
  'mail-test',
] as const satisfies readonly MessageKind[];

export function isMessageKind(kind: string): kind is MessageKind {
  return (MESSAGE_KINDS as readonly string[]).includes(kind);
}

/** What a message says in one language, before it is laid out as HTML, text or an in-app line. */
export interface Message {
  /** Also the title in the application. */
  subject: string;
  paragraphs: string[];
  facts?: [label: string, value: string][];
  tables?: { caption: string; head: string[]; rows: string[][] }[];
  action?: { label: string; url: string };
  /** Small print. */
  note?: string;
}
