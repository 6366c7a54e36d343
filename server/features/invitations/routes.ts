import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams, NoContent } from '../../http.ts';
import { ADMINS } from '../../plugins/auth.ts';
import { listCodes, makeCodes, revokeCode } from './codes.ts';
import {
  ActivationCodeList,
  CodeQuery,
  FreshCodes,
  Invitation,
  InvitationList,
  InvitationQuery,
  NewCodes,
  NewInvitation,
} from './schemas.ts';
import { addInvitation, listInvitations, resendInvitation, revokeInvitation } from './service.ts';

const config = { roles: ADMINS };

export async function invitationRoutes(app: App, context: AppContext): Promise<void> {
  const tags = ['invitations'];
  const now = () => new Date(context.clock.now());

  app.get(
    '/invitations',
    {
      config,
      schema: {
        tags,
        summary: 'Open invitations',
        description: 'Those that can still be taken, the latest first unless `sort` says otherwise.',
        querystring: InvitationQuery,
        response: { 200: InvitationList },
      },
    },
    async ({ caller, query }) => {
      const found = await context.db.tenant(caller.tenantId, (tx) => listInvitations(tx, query, now()));
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/invitations',
    {
      config,
      schema: {
        tags,
        summary: 'Invite somebody',
        description:
          'Makes an account without a password and sends a link, good for a week, with which they choose one.',
        body: NewInvitation,
        response: { 201: Invitation, ...failures('email-taken', 'student-not-found') },
      },
    },
    async ({ caller, body }, reply) => reply.code(201).send(await addInvitation(context, caller, body)),
  );

  app.post(
    '/invitations/:id/resend',
    {
      config,
      schema: {
        tags,
        summary: 'Send an invitation again',
        description: 'With a new link; the one before works no more.',
        params: IdParams,
        response: { 200: Invitation, ...failures('invitation-not-found') },
      },
    },
    async ({ caller, params }) => resendInvitation(context, caller, params.id),
  );

  app.delete(
    '/invitations/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Take an invitation back',
        description: 'The account goes with it, if nobody ever signed in with it.',
        params: IdParams,
        response: { 204: NoContent, ...failures('invitation-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      await revokeInvitation(context, caller, params.id);
      return reply.code(204).send(null);
    },
  );
  activationCodeRoutes(app, context);
}

function activationCodeRoutes(app: App, context: AppContext): void {
  const tags = ['activation-codes'];

  app.get(
    '/activation-codes',
    {
      config,
      schema: {
        tags,
        summary: 'Activation codes',
        description: 'Without the codes themselves, which are not kept; `hint` is how they begin.',
        querystring: CodeQuery,
        response: { 200: ActivationCodeList },
      },
    },
    async ({ caller, query }) => {
      const found = await context.db.tenant(caller.tenantId, (tx) =>
        listCodes(tx, query, context.clock.now()),
      );
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/activation-codes',
    {
      config,
      schema: {
        tags,
        summary: 'Make activation codes, one or many',
        description:
          'To be given out on paper: twelve letters and digits with a check character. Each makes as many accounts as ' +
          '`maxUses` says, which may join a course at once. The codes are told in this answer only.',
        body: NewCodes,
        response: {
          201: FreshCodes,
          ...failures('student-not-found', 'teacher-not-found', 'course-not-found', 'roster-entry-taken'),
        },
      },
    },
    async ({ caller, body }, reply) =>
      reply.code(201).send({ codes: await makeCodes(context, caller, body) }),
  );

  app.delete(
    '/activation-codes/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Withdraw an activation code',
        description: 'Accounts that were made with it stay.',
        params: IdParams,
        response: { 204: NoContent, ...failures('activation-code-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      await revokeCode(context, caller, params.id);
      return reply.code(204).send(null);
    },
  );
}
