import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures, IdParams, ListOf } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import { reachSession } from '../sessions/access.ts';
import { classPhotoRoutes } from './class-photo-routes.ts';
import { importMarks } from './import-marks.ts';
import { ImportedMarksSchema, ImportMarksSchema } from './import-schemas.ts';
import { ledgerRoutes } from './ledger-routes.ts';
import { tell } from './qr-marks.ts';
import { attendanceReadRoutes } from './read-routes.ts';
import { pageRecords } from './records.ts';
import {
  AttendanceQuery,
  type AttendanceRecord,
  AttendanceRecordSchema,
  CorrectionSchema,
  ManualMarkSchema,
} from './schemas.ts';
import { correctRecord, markByHand, recordOf } from './service.ts';

const tags = ['attendance'];

export async function attendanceRoutes(app: App, context: AppContext): Promise<void> {
  await attendanceReadRoutes(app, context);
  await ledgerRoutes(app, context);
  await classPhotoRoutes(app, context);

  app.get(
    '/sessions/:id/attendance',
    {
      schema: {
        tags,
        summary: 'The records of a session',
        description: 'By name where nothing else is asked for; a class fits on one page.',
        params: IdParams,
        querystring: AttendanceQuery,
        response: {
          200: ListOf(AttendanceRecordSchema, 'AttendanceList'),
          ...failures('session-not-found'),
        },
      },
    },
    async ({ caller, params, query }) => {
      const { skip, limit } = query;
      const page = await context.db.read(caller.tenantId, async (tx) => {
        await reachSession(tx, caller, params.id);
        return pageRecords(tx, params.id, query);
      });
      return { ...page, skip, limit };
    },
  );

  app.get(
    '/attendance/:id',
    {
      config: { roles: EVERYONE },
      schema: {
        tags,
        summary: 'A record',
        description:
          'The number at the start of the ETag is its version; the rest changes with whatever is seen besides. Students ' +
          'see their own records only.',
        params: IdParams,
        response: { 200: AttendanceRecordSchema, ...failures('record-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      const record = await recordOf(context, caller, params.id);
      return reply.header('etag', etagOf(record)).send(record);
    },
  );

  app.put(
    '/attendance/:id',
    {
      schema: {
        tags,
        summary: 'Correct a record',
        description:
          'A person’s word wins over the machine’s from then on. The version that the person saw comes as `If-Match` or ' +
          'in the body; where somebody else was faster the answer is `version-conflict` with the record as it stands. ' +
          '`pending` takes the person’s word away again.',
        params: IdParams,
        headers: Type.Object({
          'if-match': Type.Optional(Type.String({ pattern: '^(W/)?"?[0-9]+(-[0-9a-f]+)?"?$' })),
        }),
        body: CorrectionSchema,
        response: {
          200: AttendanceRecordSchema,
          ...failures('record-not-found', 'version-required', 'version-conflict'),
        },
      },
    },
    async ({ caller, params, body, headers }, reply) => {
      const match = headers['if-match'];
      const version = match === undefined ? body.version : Number(/[0-9]+/.exec(match)?.[0]);
      if (version === undefined) throw new ApiError('version-required');
      const corrected = await correctRecord(context, caller, params.id, { ...body, version });
      tell(context, corrected.changes);
      return reply.header('etag', etagOf(corrected.record)).send(corrected.record);
    },
  );

  app.post(
    '/attendance/manual',
    {
      schema: {
        tags,
        summary: 'Mark a student by hand',
        description: 'The equal alternative to the camera; also after the session has closed.',
        body: ManualMarkSchema,
        response: {
          200: AttendanceRecordSchema,
          ...failures('session-not-found', 'student-not-enrolled'),
        },
      },
    },
    async ({ caller, body }) => {
      const { record, changes } = await markByHand(context, caller, body);
      tell(context, changes);
      return record;
    },
  );

  app.post(
    '/attendance/import',
    {
      schema: {
        tags,
        summary: 'Take over what another system says of a session',
        description:
          'Of a turnstile, another register, an LMS: up to 1000 marks of one session, open or closed, by student or ' +
          'number. They count for more than the camera and codes, and for less than a person’s correction or ' +
          'confirmation. All or none; the same marks again change nothing. `dryRun` says what would be written.',
        body: ImportMarksSchema,
        response: { 200: ImportedMarksSchema, ...failures('session-not-found', 'marks-invalid') },
      },
    },
    async ({ caller, body }) => {
      const { result, changes } = await importMarks(context, caller, body);
      tell(context, changes);
      return result;
    },
  );
}

/**
 * The version is what a correction is made against, and it does not rise with seconds seen. Alone it would have a browser
 * that asks again keep what it has, so the rest of the record is in the tag, too.
 */
function etagOf(record: AttendanceRecord): string {
  return `"${record.version}-${createHash('sha256').update(JSON.stringify(record)).digest('hex').slice(0, 12)}"`;
}
