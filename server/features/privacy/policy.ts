import { type Static, Type } from 'typebox';
import { EMOTION_MODES, POLICY_IDS, policy } from '../../../config/policies.ts';
import { Nullable, OneOf } from '../../http.ts';
import { mayRecord } from '../recordings/rules.ts';
import type { TenantRow } from '../tenants/service.ts';
import { tenantSettings } from '../tenants/settings.ts';

export const PrivacyPolicy = Type.Object(
  {
    policy: OneOf(POLICY_IDS, 'The jurisdiction’s policy; fixed for the institution.'),
    name: Type.String(),
    purposes: Type.Array(
      Type.Object({
        purpose: OneOf(['attendance', 'face', 'engagement', 'emotion', 'recording']),
        allowed: Type.Boolean(),
        consent: Type.Boolean({ description: 'Only for students who agreed.' }),
        text: Type.String({ description: 'What it is, in English.' }),
        basis: Nullable(Type.String({ description: 'Rule of law that settles it, where there is one.' })),
      }),
    ),
    emotion: Type.Object({
      prohibited: Type.Boolean(),
      mode: OneOf(EMOTION_MODES),
      minClassSize: Type.Integer({ description: 'People that an aggregate is made of, at least.' }),
      basis: Type.String(),
    }),
    retentionDays: Type.Record(Type.String(), Type.Integer(), {
      description: 'Days that each kind of data is kept; 0: never stored.',
    }),
    stored: Type.Object({
      frames: Type.Boolean({ description: 'Pictures of the camera.' }),
      encrypted: Type.Array(Type.String(), { description: 'What is encrypted at rest.' }),
    }),
    rights: Type.Array(Type.String(), { description: 'What students can do themselves, and where.' }),
  },
  {
    title: 'PrivacyPolicy',
    examples: [
      {
        policy: 'eu',
        name: 'European Union',
        purposes: [
          {
            purpose: 'face',
            allowed: true,
            consent: true,
            text: 'Recognising students who agreed, to mark them present.',
            basis: null,
          },
        ],
        emotion: {
          prohibited: true,
          mode: 'off',
          minClassSize: 5,
          basis: 'Regulation (EU) 2024/1689 (AI Act), Article 5(1)(f): no emotion inference in education',
        },
        retentionDays: { attendance: 1825, engagement: 180 },
        stored: { frames: false, encrypted: ['face templates'] },
        rights: ['GET /students/{id}/data: a copy of everything'],
      },
    ],
  },
);

/** What applies in an institution, in words. */
export function describePolicy(tenant: TenantRow): Static<typeof PrivacyPolicy> {
  const { id, name, emotion, retentionDays } = policy(tenant.policy);
  const shown =
    tenant.emotionMode === 'individual' ? 'of a class and of students who agreed' : 'of a class as a whole';
  const recording = mayRecord(id) && tenantSettings(tenant).recording.enabled;
  return {
    policy: id,
    name,
    purposes: [
      {
        purpose: 'attendance',
        allowed: true,
        consent: false,
        text: 'Who was in which session, when and for how long. Marked by QR code or by hand where a student does not want to be recognised.',
        basis: null,
      },
      {
        purpose: 'face',
        allowed: true,
        consent: true,
        text: 'Recognising the faces of students who agreed, to mark them present. Faces of all others are found, not compared.',
        basis: null,
      },
      {
        purpose: 'engagement',
        allowed: true,
        consent: true,
        text: 'In how many frames a recognised student looked ahead with open eyes. Never a grade, nor an input to one.',
        basis: null,
      },
      {
        purpose: 'emotion',
        allowed: !emotion.prohibited && tenant.emotionMode !== 'off',
        consent: true,
        text: emotion.prohibited
          ? 'Prohibited: no model is loaded, nothing is computed or kept, and nobody in the institution can change that.'
          : tenant.emotionMode === 'off'
            ? 'Switched off.'
            : `Estimates of a model about the faces ${shown}; at least ${emotion.minClassSize} people an aggregate.`,
        basis: emotion.basis,
      },
      {
        purpose: 'recording',
        allowed: recording,
        consent: false,
        text: recording
          ? `Videos of sessions that staff switch on, shown to everybody in the session, kept for ${retentionDays.recordings} days. Students’ own cameras are never recorded.`
          : 'Switched off: no picture of a camera is kept.',
        basis: null,
      },
    ],
    emotion: {
      prohibited: emotion.prohibited,
      mode: tenant.emotionMode,
      minClassSize: emotion.minClassSize,
      basis: emotion.basis,
    },
    retentionDays: { ...retentionDays },
    stored: {
      frames: recording,
      encrypted: [
        'face templates',
        'pictures of faces',
        'documents and reports',
        'recordings',
        'secrets of cameras and accounts',
      ],
    },
    rights: [
      'GET /students/{id}/data: a copy of everything that is kept',
      'PUT /students/{id}/consents: agree, or withdraw; withdrawing erases at once',
      'GET /students/{id}/consents: what was agreed to, when, and who recorded it',
      'POST /attendance/{id}/contest: say that a mark is wrong; a person answers',
      'DELETE /students/{id}: the institution erases everything, with a receipt',
    ],
  };
}
