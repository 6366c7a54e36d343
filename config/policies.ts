import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './paths.ts';

export const POLICY_IDS = ['eu', 'tr', 'us', 'default'] as const;
export type PolicyId = (typeof POLICY_IDS)[number];

/** `class`: only aggregates over at least `minClassSize` people; `individual`: also per student, with consent. */
export const EMOTION_MODES = ['off', 'class', 'individual'] as const;
export type EmotionMode = (typeof EMOTION_MODES)[number];

/** What the law of a place lets an institution do. Fixed per institution and frozen into each session. */
export interface Policy {
  id: PolicyId;
  name: string;
  emotion: {
    /** The emotion model is not even loaded, and nobody in the institution can change that. */
    prohibited: boolean;
    allowed: EmotionMode[];
    default: EmotionMode;
    /** Smallest number of people that a class aggregate may be made of. */
    minClassSize: number;
    basis: string;
  };
  consent: { face: 'required'; emotion: 'required' };
  /** Days that each kind of data is kept; 0: never stored. */
  retentionDays: {
    attendance: number;
    engagement: number;
    emotion: number;
    faceTemplatesAfterLastEnrolment: number;
    /** Notes and documents, after the time that they are about. */
    excuses: number;
    /** Device, address and place of a scan; the mark itself is attendance. */
    qrScans: number;
    /** Notifications and what was told to other systems. */
    messages: number;
    auditLog: number;
    recordings: number;
  };
}

const loaded = new Map<PolicyId, Policy>();

/** Reads a shipped policy; throws where its file contradicts itself. */
export function policy(id: PolicyId): Policy {
  const known = loaded.get(id);
  if (known) return known;
  const read = JSON.parse(
    readFileSync(join(projectRoot, 'config', 'policies', `${id}.json`), 'utf8'),
  ) as Policy;
  assertPolicy(read, id);
  loaded.set(id, Object.freeze(read));
  return read;
}

/** The mode that holds for a session: what was asked for where the policy allows it, else its default. */
export function emotionMode(id: PolicyId, asked: EmotionMode | null | undefined): EmotionMode {
  const { emotion } = policy(id);
  if (emotion.prohibited) return 'off';
  return asked && emotion.allowed.includes(asked) ? asked : emotion.default;
}

export function assertPolicy(read: Policy, id: string): void {
  const { emotion } = read;
  const problem =
    read.id !== id
      ? `its id is ${read.id}`
      : emotion.prohibited && emotion.allowed.some((mode) => mode !== 'off')
        ? 'it prohibits emotion and allows a mode of it'
        : !emotion.allowed.includes(emotion.default)
          ? `its default mode ${emotion.default} is not allowed`
          : emotion.minClassSize < 5
            ? 'class aggregates of fewer than 5 people show individuals'
            : null;
  if (problem) throw new Error(`config/policies/${id}.json: ${problem}`);
}
