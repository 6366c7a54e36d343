import QRCode from 'qrcode';
import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures, IdParams, NoContent } from '../../http.ts';
import { AttendanceRecordSchema } from '../attendance/schemas.ts';
import type { Caller } from '../auth/tokens.ts';
import { createQrBroadcast } from './broadcast.ts';
import { listScans } from './list.ts';
import { scanCode } from './scan.ts';
import { NewQrSession, QrCode, QrPictureQuery, QrScanList, QrScanQuery, QrSession, Scan } from './schemas.ts';
import { closeQr, codeToShow, findQr, openQr, qrOf } from './service.ts';
import { createSteps } from './steps.ts';

const tags = ['qr'];
/** A code is worth nothing a few seconds later, and must not be found in any cache. */
const NO_STORE = 'private, no-store';

export async function qrRoutes(app: App, context: AppContext): Promise<void> {
  const steps = createSteps();
  const broadcast = createQrBroadcast(context, steps);
  app.addHook('onListen', async () => broadcast.start());
  app.addHook('onClose', async () => broadcast.close());

  app.post(
    '/qr/sessions',
    {
      config: { changes: ['sessions'] },
      schema: {
        tags,
        summary: 'Open a window for QR codes',
        description:
          'Students of an open session mark themselves with a code that rotates. An older window of the session closes. ' +
          'While staff have joined the session, every code comes over the socket as `qr:code`.',
        body: NewQrSession,
        response: {
          201: QrSession,
          ...failures('session-not-found', 'session-closed', 'qr-room-without-place'),
        },
      },
    },
    async ({ caller, body }, reply) => {
      const opened = await openQr(context, caller, body);
      broadcast.follow(caller.tenantId, opened);
      return reply.code(201).send(opened);
    },
  );

  app.get(
    '/qr/sessions/:id',
    {
      schema: {
        tags,
        summary: 'A window for QR codes',
        description: 'With how many students it has marked and how many attempts it has refused.',
        params: IdParams,
        response: { 200: QrSession, ...failures('qr-session-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      const found = await context.db.tenant(caller.tenantId, (tx) => qrOf(context, tx, caller, params.id));
      return reply.header('cache-control', NO_STORE).send(found);
    },
  );

  app.delete(
    '/qr/sessions/:id',
    {
      config: { changes: ['sessions'] },
      schema: {
        tags,
        summary: 'Close a window for QR codes',
        description: 'No code is taken from then on. Closing twice changes nothing.',
        params: IdParams,
        response: { 204: NoContent, ...failures('qr-session-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      await closeQr(context, caller, params.id);
      broadcast.forget(params.id);
      return reply.code(204).send(null);
    },
  );

  async function currentCode(caller: Caller, id: string): Promise<QrCode> {
    return context.db.tenant(caller.tenantId, async (tx) => {
      const { row, status } = await findQr(tx, caller, id);
      const shown = status === 'open' ? await codeToShow(context, tx, steps, row) : null;
      if (!shown) throw new ApiError('qr-closed');
      return shown.code;
    });
  }

  app.get(
    '/qr/sessions/:id/code',
    {
      schema: {
        tags,
        summary: 'The code to show now',
        description: 'Ask again at `validUntil`, or listen to `qr:code` on the socket.',
        params: IdParams,
        response: { 200: QrCode, ...failures('qr-session-not-found', 'qr-closed') },
      },
    },
    async ({ caller, params }, reply) =>
      reply.header('cache-control', NO_STORE).send(await currentCode(caller, params.id)),
  );

  app.get(
    '/qr/sessions/:id/code.png',
    {
      schema: {
        tags,
        summary: 'The code to show now, as PNG',
        description: 'The header `x-valid-until` says when the next one comes.',
        params: IdParams,
        querystring: QrPictureQuery,
        produces: ['image/png'],
        response: {
          200: Type.Unsafe<Buffer>({ type: 'string', format: 'binary', description: 'PNG' }),
          ...failures('qr-session-not-found', 'qr-closed'),
        },
      },
    },
    async ({ caller, params, query }, reply) => {
      const { url, validUntil } = await currentCode(caller, params.id);
      const picture = await QRCode.toBuffer(url, {
        type: 'png',
        errorCorrectionLevel: 'M',
        width: query.size,
      });
      return reply
        .type('image/png')
        .headers({ 'cache-control': NO_STORE, 'x-valid-until': validUntil })
        .send(picture);
    },
  );

  app.get(
    '/qr/sessions/:id/code.svg',
    {
      schema: {
        tags,
        summary: 'The code to show now, as SVG',
        description: 'The header `x-valid-until` says when the next one comes.',
        params: IdParams,
        produces: ['image/svg+xml'],
        response: {
          200: Type.Unsafe<string>({ type: 'string', description: 'SVG' }),
          ...failures('qr-session-not-found', 'qr-closed'),
        },
      },
    },
    async ({ caller, params }, reply) => {
      const { url, validUntil } = await currentCode(caller, params.id);
      const picture = await QRCode.toString(url, { type: 'svg', errorCorrectionLevel: 'M' });
      return reply
        .type('image/svg+xml')
        .headers({ 'cache-control': NO_STORE, 'x-valid-until': validUntil })
        .send(Buffer.from(picture) as never);
    },
  );

  app.get(
    '/qr/sessions/:id/scans',
    {
      schema: {
        tags,
        summary: 'Scans of a window',
        description:
          'Accepted and refused attempts, with what is suspicious about them. At most 50 refused ones of a student are kept.',
        params: IdParams,
        querystring: QrScanQuery,
        response: { 200: QrScanList, ...failures('qr-session-not-found') },
      },
    },
    async ({ caller, params, query }) =>
      context.db.tenant(caller.tenantId, async (tx) => {
        await findQr(tx, caller, params.id);
        return listScans(tx, params.id, query);
      }),
  );

  app.post(
    '/qr/scan',
    {
      config: { roles: ['student'], changes: ['attendance', 'sessions'] },
      schema: {
        tags,
        summary: 'Mark oneself with a code',
        description:
          'A code counts while it is shown and for one rotation more, once a student. Sending the same scan again, also ' +
          'many times at once, answers with the same record. What the method catches and what not: docs/qr.md.',
        body: Scan,
        response: {
          200: AttendanceRecordSchema,
          ...failures(
            'qr-code-invalid',
            'qr-code-expired',
            'qr-closed',
            'qr-place-required',
            'qr-too-far',
            'qr-not-enrolled',
            'qr-device-shared',
          ),
        },
      },
    },
    async ({ caller, body, ip }) => scanCode(context, steps, caller, body, ip),
  );
}
