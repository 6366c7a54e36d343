import { failures } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import { activate } from '../invitations/activate.ts';
import { joinCourse } from '../invitations/join.ts';
import type { AuthScope } from './password-routes.ts';
import { acceptInvitation, register } from './registration.ts';
import {
  AcceptBody,
  Accepted,
  ActivateBody,
  JoinBody,
  JoinedCourse,
  RegisterBody,
  TokenAnswer,
} from './schemas.ts';
import { originOf } from './sign-in.ts';

const tags = ['auth'];

/** How people come to an account: by themselves, by invitation, with a code on paper. */
export function joinRoutes({ app, context, guard, limited }: AuthScope): void {
  app.post(
    '/auth/register',
    {
      config: { public: true, ...limited },
      schema: {
        tags,
        summary: 'Ask for an account as a student',
        description:
          'Where the institution allows it. A link goes to the address; the answer is the same, and takes as long, whether ' +
          'it has an account already or not. Taking the link (POST /auth/invitations/accept) makes the account: at once ' +
          'where number and address are on the roster, else it waits for an administrator.',
        body: RegisterBody,
        response: { 202: Accepted, ...failures('registration-closed', 'email-domain-not-allowed') },
      },
    },
    async (request, reply) => {
      await register(context, request.body, request.hostname);
      return reply.code(202).send({ status: 'accepted' as const });
    },
  );

  app.post(
    '/auth/invitations/accept',
    {
      config: { public: true, ...limited },
      schema: {
        tags,
        summary: 'Take an invitation, or finish a registration',
        description: 'Sets the password and signs in. The link works once.',
        body: AcceptBody,
        response: {
          200: TokenAnswer,
          ...failures(
            'link-invalid',
            'password-too-weak',
            'email-taken',
            'account-waiting',
            'account-disabled',
            'institution-suspended',
          ),
        },
      },
    },
    async (request) => acceptInvitation(context, request.body, originOf(request)),
  );

  app.post(
    '/auth/activate',
    {
      config: { public: true, ...limited },
      schema: {
        tags,
        summary: 'Make an account with an activation code',
        description:
          'Spaces, hyphens and case of the code do not count, O is read as 0, I and L as 1. A student’s code that is for ' +
          'nobody in particular needs `studentNumber`.',
        body: ActivateBody,
        response: {
          200: TokenAnswer,
          ...failures(
            'activation-code-mistyped',
            'activation-code-invalid',
            'email-taken',
            'password-too-weak',
            'roster-entry-missing',
            'roster-entry-taken',
            'institution-suspended',
            'rate-limited',
          ),
        },
      },
    },
    async (request) => activate(context, guard, request.body, originOf(request)),
  );

  app.post(
    '/auth/join',
    {
      config: { roles: EVERYONE, ...limited },
      schema: {
        tags,
        summary: 'Join a course with an activation code',
        description:
          'For students and teachers who have an account already: the code’s course becomes one of theirs. Who is in it ' +
          'already spends no use of the code.',
        body: JoinBody,
        response: {
          200: JoinedCourse,
          ...failures(
            'activation-code-mistyped',
            'activation-code-invalid',
            'student-archived',
            'rate-limited',
          ),
        },
      },
    },
    async (request) => joinCourse(context, guard, request.caller, request.body.code, originOf(request)),
  );
}
