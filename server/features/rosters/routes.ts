import multipart from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import type { AppContext } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures, IdParams, NoContent } from '../../http.ts';
import { ADMINS } from '../../plugins/auth.ts';
import { IMPORT_ENTITIES, type ImportEntity } from './columns.ts';
import { ApplyBody, Import, ImportLineList, ImportLineQuery, ImportList, ImportQuery } from './schemas.ts';
import {
  createImport,
  deleteImport,
  getImport,
  listImports,
  listLines,
  requestApply,
  type Upload,
} from './service.ts';
import { ENCODINGS, type Encoding } from './text.ts';
import { workOnImports } from './work.ts';

const tags = ['imports'];
const config = { roles: ADMINS };
const FILE_PROBLEMS = [
  'import-too-large',
  'import-not-text',
  'import-columns-missing',
  'import-zip-unsafe',
  'import-not-oneroster',
] as const;

export async function importRoutes(app: App, context: AppContext): Promise<void> {
  const { importBytes } = context.config.limits;
  await app.register(multipart, {
    limits: { fileSize: importBytes, files: 1, fields: 10, fieldSize: 1000, parts: 11 },
  });
  workOnImports(context);

  app.post(
    '/imports',
    {
      config,
      bodyLimit: importBytes + 10_000,
      schema: {
        tags,
        summary: 'Read a roster and say what it would do',
        description:
          'multipart/form-data with the table in `file`. Fields: `entity` (students, teachers, courses or enrolments; ' +
          'not for a zip), `emptyClears` (`true`: an empty cell empties the field; without, it leaves it as it is) and ' +
          '`encoding` (found out where it is not said). CSV separated by comma, semicolon or tab, headers in Turkish or ' +
          'English; or a OneRoster 1.1 or 1.2 zip. Nothing is changed before `POST /imports/{id}/apply`: ' +
          '`GET /imports/{id}/lines` says what each line would do. A large file is read in the background: 202, and ' +
          '`GET /imports/{id}` has the progress.',
        consumes: ['multipart/form-data'],
        response: {
          201: Import,
          202: Import,
          ...failures('invalid-request', 'import-file-missing', 'unsupported-media-type', ...FILE_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      const made = await createImport(context, request.caller, await readUpload(request));
      return reply.code(made.status === 'checking' ? 202 : 201).send(made);
    },
  );

  app.get(
    '/imports',
    {
      config,
      schema: {
        tags,
        summary: 'Imports, newest first',
        description: 'They are forgotten seven days after the file came; what was applied stays.',
        querystring: ImportQuery,
        response: { 200: ImportList },
      },
    },
    async ({ caller, query }) => {
      const found = await context.db.tenant(caller.tenantId, (tx) => listImports(tx, query));
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.get(
    '/imports/:id',
    {
      config,
      schema: {
        tags,
        summary: 'One import',
        description: 'Its progress, and how many lines would do what.',
        params: IdParams,
        response: { 200: Import, ...failures('import-not-found') },
      },
    },
    async ({ caller, params }) => getImport(context, caller.tenantId, params.id),
  );

  app.get(
    '/imports/:id/lines',
    {
      config,
      schema: {
        tags,
        summary: 'What each line would do, or did',
        description:
          'In the order of the file. `outcome=error` lists what is wrong, with a code and in words.',
        params: IdParams,
        querystring: ImportLineQuery,
        response: { 200: ImportLineList, ...failures('import-not-found') },
      },
    },
    async ({ caller, params, query }) => {
      const found = await context.db.tenant(caller.tenantId, (tx) => listLines(tx, params.id, query));
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/imports/:id/apply',
    {
      config,
      schema: {
        tags,
        summary: 'Do what the lines say',
        description:
          'All lines in one transaction, compared anew with what is there by then. Lines with errors keep everything ' +
          'from being applied, unless they are to be left out. Applying again answers what the first time did. A large ' +
          'import is applied in the background: 202.',
        params: IdParams,
        body: ApplyBody,
        response: {
          200: Import,
          202: Import,
          ...failures('import-not-found', 'import-not-ready', 'import-failed', 'import-has-errors'),
        },
      },
    },
    async ({ caller, params, body }, reply) => {
      const done = await requestApply(context, caller.tenantId, params.id, body.skipErrors);
      return reply.code(done.status === 'applying' ? 202 : 200).send(done);
    },
  );

  app.delete(
    '/imports/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Forget an import',
        description: 'Its file and lines. What was applied stays.',
        params: IdParams,
        response: { 204: NoContent, ...failures('import-not-found', 'import-not-ready') },
      },
    },
    async ({ caller, params }, reply) => {
      await deleteImport(context, caller.tenantId, params.id);
      return reply.code(204).send(null);
    },
  );
}

async function readUpload(request: FastifyRequest): Promise<Upload> {
  if (!request.isMultipart()) throw new ApiError('unsupported-media-type');
  const fields = new Map<string, string>();
  let file: Pick<Upload, 'name' | 'type' | 'bytes'> | null = null;
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field') fields.set(part.fieldname, String(part.value));
      else {
        // Every file has to be read, or the request never ends.
        const bytes = await part.toBuffer();
        if (part.fieldname === 'file') file = { name: nameOf(part.filename), type: part.mimetype, bytes };
      }
    }
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'FST_REQ_FILE_TOO_LARGE') throw new ApiError('import-too-large', { cause: error });
    throw error;
  }
  if (!file || file.bytes.length === 0) throw new ApiError('import-file-missing');
  return {
    ...file,
    entity: choice<ImportEntity>(fields, 'entity', IMPORT_ENTITIES) ?? null,
    encoding: choice<Encoding>(fields, 'encoding', ENCODINGS),
    emptyClears: choice(fields, 'emptyClears', ['true', 'false']) === 'true',
  };
}

/** The last part of what a browser calls the file; only ever shown. */
function nameOf(filename: string): string {
  return (filename.split(/[\\/]/).at(-1) ?? '').replace(/\p{Control}/gu, '').slice(0, 200) || 'roster';
}

function choice<T extends string>(
  fields: Map<string, string>,
  name: string,
  known: readonly T[],
): T | undefined {
  const given = fields.get(name);
  if (given === undefined || given === '') return undefined;
  const found = known.find((one) => one === given);
  if (found === undefined) {
    throw new ApiError('invalid-request', { message: `\`${name}\` must be one of: ${known.join(', ')}.` });
  }
  return found;
}
