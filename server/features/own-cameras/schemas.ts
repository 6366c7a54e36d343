import { type Static, Type } from 'typebox';
import { Instant, ListOf, PageQuery, Uuid } from '../../http.ts';

export const OwnCameras = Type.Object(
  { allowed: Type.Boolean({ description: 'Students of the course may publish their own cameras.' }) },
  { title: 'OwnCameras', additionalProperties: false, examples: [{ allowed: true }] },
);

const RemoteClass = Type.Object(
  {
    sessionId: Uuid('The open session.'),
    course: Type.Object({ id: Uuid('The course.'), code: Type.String(), name: Type.String() }),
    openedAt: Instant('Since when.'),
  },
  {
    title: 'RemoteClass',
    examples: [
      {
        sessionId: '0198c111-2222-7ccc-9e02-3a0a5c2d3e04',
        course: { id: '0198b111-2222-7ccc-9e02-3a0a5c2d3e04', code: 'MAT101', name: 'Matematik' },
        openedAt: '2026-11-20T06:00:00.000Z',
      },
    ],
  },
);
export type RemoteClass = Static<typeof RemoteClass>;
export const RemoteClassList = ListOf(RemoteClass, 'RemoteClassList');
export const RemoteClassQuery = Type.Object({ ...PageQuery });
