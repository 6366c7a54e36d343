import multipart from '@fastify/multipart';
import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures, IdParams, NoContent } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import { tell } from '../attendance/qr-marks.ts';
import { contest, decideContest, listContests, readContest } from './contests.ts';
import { getDocument, MOST_BYTES, putDocument } from './documents.ts';
import {
  Contest,
  ContestDecision,
  ContestList,
  ContestQuery,
  Decision,
  Excuse,
  ExcuseList,
  ExcusePatch,
  ExcuseQuery,
  NewContest,
  NewExcuse,
} from './schemas.ts';
import {
  changeExcuse,
  decideExcuse,
  handInExcuse,
  listExcuses,
  readExcuse,
  removeExcuse,
} from './service.ts';

const everyone = { roles: EVERYONE };

/** Excuses with their documents, and objections to marks. */
export async function excuseRoutes(app: App, context: AppContext): Promise<void> {
  await app.register(multipart, { limits: { fileSize: MOST_BYTES, files: 1, fields: 5, parts: 6 } });
  await excuseBasics(app, context);
  await excuseDocuments(app, context);
  await contestRoutes(app, context);
}

async function excuseBasics(app: App, context: AppContext): Promise<void> {
  const { db } = context;
  const tags = ['excuses'];

  app.post(
    '/excuses',
    {
      config: everyone,
      schema: {
        tags,
        summary: 'Hand in an excuse',
        description:
          'By students for themselves, or by staff for a student. A document is added afterwards. It counts once ' +
          'staff have accepted it.',
        body: NewExcuse,
        response: {
          201: Excuse,
          ...failures('student-not-found', 'course-not-found', 'excuse-times-invalid'),
        },
      },
    },
    async ({ caller, body }, reply) => reply.code(201).send(await handInExcuse(context, caller, body)),
  );

  app.get(
    '/excuses',
    {
      config: everyone,
      schema: {
        tags,
        summary: 'Excuses',
        description: 'Students see their own, teachers those of their students.',
        querystring: ExcuseQuery,
        response: { 200: ExcuseList },
      },
    },
    async ({ caller, query }) => {
      const { skip, limit } = query;
      return { ...(await db.read(caller.tenantId, (tx) => listExcuses(tx, caller, query))), skip, limit };
    },
  );

  app.get(
    '/excuses/:id',
    {
      config: everyone,
      schema: {
        tags,
        summary: 'An excuse',
        description: 'With what became of it.',
        params: IdParams,
        response: { 200: Excuse, ...failures('excuse-not-found') },
      },
    },
    ({ caller, params }) => db.read(caller.tenantId, (tx) => readExcuse(tx, caller, params.id)),
  );

  app.patch(
    '/excuses/:id',
    {
      config: everyone,
      schema: {
        tags,
        summary: 'Change an excuse',
        description:
          'While nobody has decided. Teachers what they handed in, or what is about a course of theirs alone.',
        params: IdParams,
        body: ExcusePatch,
        response: {
          200: Excuse,
          ...failures(
            'excuse-not-found',
            'forbidden',
            'course-not-found',
            'excuse-decided',
            'excuse-times-invalid',
          ),
        },
      },
    },
    ({ caller, params, body }) => changeExcuse(context, caller, params.id, body),
  );

  app.delete(
    '/excuses/:id',
    {
      config: everyone,
      schema: {
        tags,
        summary: 'Take an excuse back',
        description:
          'Students while nobody has decided; whoever may decide it also later, and marks that it excused are as ' +
          'they would be without it. Its document is erased.',
        params: IdParams,
        response: { 204: NoContent, ...failures('excuse-not-found', 'excuse-decided') },
      },
    },
    async ({ caller, params }, reply) => {
      tell(context, await removeExcuse(context, caller, params.id));
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/excuses/:id/decide',
    {
      schema: {
        tags,
        summary: 'Accept or refuse an excuse',
        description:
          'Accepting turns absences of the sessions that it covers into excused, past and future; nobody who was ' +
          'there is touched, nor a correction by hand. Refusing afterwards takes that back. Teachers decide about a ' +
          'course of theirs, administrators also about excuses for all courses.',
        params: IdParams,
        body: Decision,
        response: { 200: Excuse, ...failures('excuse-not-found', 'forbidden') },
      },
    },
    async ({ caller, params, body }) => {
      const { excuse, changes } = await decideExcuse(context, caller, params.id, body);
      tell(context, changes);
      return excuse;
    },
  );
}

async function excuseDocuments(app: App, context: AppContext): Promise<void> {
  const tags = ['excuses'];

  app.put(
    '/excuses/:id/document',
    {
      config: everyone,
      bodyLimit: MOST_BYTES + 100_000,
      schema: {
        tags,
        summary: 'Add the document of an excuse',
        description:
          'multipart/form-data with one file in the field `document`: PDF, JPEG or PNG by its content, 5 MB at most. ' +
          'It is kept encrypted, takes the place of an earlier one, and is erased with the student.',
        consumes: ['multipart/form-data'],
        params: IdParams,
        response: {
          200: Excuse,
          ...failures(
            'excuse-not-found',
            'forbidden',
            'excuse-decided',
            'document-missing',
            'document-type',
            'body-too-large',
          ),
        },
      },
    },
    async (request) => {
      const { caller, params } = request;
      // Refused before anything large is read.
      await context.db.tenant(caller.tenantId, (tx) => readExcuse(tx, caller, params.id));
      if (!request.isMultipart()) throw new ApiError('unsupported-media-type');
      let file: { name: string; content: Buffer } | null = null;
      for await (const part of request.parts()) {
        if (part.type !== 'file') continue;
        const content = await part.toBuffer();
        if (part.fieldname === 'document' && content.length > 0) file = { name: part.filename, content };
      }
      if (!file) throw new ApiError('document-missing');
      return putDocument(context, caller, params.id, file);
    },
  );

  app.get(
    '/excuses/:id/document',
    {
      config: everyone,
      schema: {
        tags,
        summary: 'The document of an excuse',
        description: 'For the student, and staff who see the student. Always as a download.',
        params: IdParams,
        produces: ['application/pdf', 'image/jpeg', 'image/png'],
        response: {
          200: Type.Unsafe<Buffer>({ type: 'string', format: 'binary', description: 'The file.' }),
          ...failures('excuse-not-found', 'file-not-found'),
        },
      },
    },
    async ({ caller, params }, reply) => {
      const file = await getDocument(context, caller, params.id);
      return reply
        .type(file.type)
        .header('cache-control', 'private, no-store')
        .header('x-content-type-options', 'nosniff')
        .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`)
        .send(file.content);
    },
  );
}

async function contestRoutes(app: App, context: AppContext): Promise<void> {
  const tags = ['contests'];

  app.post(
    '/attendance/:id/contest',
    {
      config: { roles: ['student'] },
      schema: {
        tags,
        summary: 'Say that a mark of one’s own is wrong',
        description: 'Staff of the course answer. One open objection a mark; the ledger notes it.',
        params: IdParams,
        body: NewContest,
        response: { 201: Contest, ...failures('record-not-found', 'contest-open') },
      },
    },
    async ({ caller, params, body }, reply) =>
      reply.code(201).send(await contest(context, caller, params.id, body.text)),
  );

  app.get(
    '/contests',
    {
      config: everyone,
      schema: {
        tags,
        summary: 'Objections to marks',
        description: 'Students see their own, teachers those about their courses.',
        querystring: ContestQuery,
        response: { 200: ContestList },
      },
    },
    async ({ caller, query }) => {
      const { skip, limit } = query;
      const page = await context.db.read(caller.tenantId, (tx) => listContests(tx, caller, query));
      return { ...page, skip, limit };
    },
  );

  app.get(
    '/contests/:id',
    {
      config: everyone,
      schema: {
        tags,
        summary: 'An objection',
        description: 'With the mark as it stands now and what staff answered.',
        params: IdParams,
        response: { 200: Contest, ...failures('contest-not-found') },
      },
    },
    ({ caller, params }) => context.db.read(caller.tenantId, (tx) => readContest(tx, caller, params.id)),
  );

  app.post(
    '/contests/:id/decide',
    {
      schema: {
        tags,
        summary: 'Answer an objection',
        description:
          'Once. Accepting may correct the mark in the same step; with `version` of the mark that was seen, so that a ' +
          'change in the meantime is not written over.',
        params: IdParams,
        body: ContestDecision,
        response: {
          200: Contest,
          ...failures('contest-not-found', 'contest-decided', 'version-conflict'),
        },
      },
    },
    async ({ caller, params, body }) => {
      const decided = await decideContest(context, caller, params.id, body);
      tell(context, decided.changes);
      return decided.contest;
    },
  );
}
