import { CircleCheck, CircleDashed, CircleX, Clock, FileCheck, type IconNode } from 'lucide';
import type { AttendanceStatus } from '../../../src/index.ts';
import { t } from '../i18n/index.ts';
import type { Tone } from './feedback.tsx';
import { Icon } from './icon.tsx';

const HUES = 5;

/** Initials on a colour of the person's own; decoration, the name always stands beside it. */
export function Avatar({ name }: { name: string }) {
  const words = name.trim().split(/\s+/);
  const initials = [words[0], words.length > 1 ? words.at(-1) : ''].map((word) => word?.[0] ?? '').join('');
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return (
    // Drawn by the style sheet: as text it would belong to the name of the button around it.
    <span
      class="avatar"
      data-hue={hash % HUES}
      data-initials={initials.toLocaleUpperCase('tr')}
      aria-hidden="true"
    />
  );
}

export const STATUS_ICON: Record<AttendanceStatus, IconNode> = {
  present: CircleCheck,
  late: Clock,
  absent: CircleX,
  excused: FileCheck,
  pending: CircleDashed,
};

/** For answers that say a mark as any text. */
export const isStatus = (text: string): text is AttendanceStatus => text in STATUS_ICON;

const STATUS_TONE: Record<AttendanceStatus, Tone> = {
  present: 'good',
  late: 'warn',
  absent: 'bad',
  excused: 'calm',
  pending: 'still',
};

export function StatusChip({ status }: { status: AttendanceStatus }) {
  return (
    <span class="chip" data-tone={STATUS_TONE[status]}>
      <Icon of={STATUS_ICON[status]} size={14} />
      {t(`status.${status}`)}
    </span>
  );
}
