import { failures, NoContent } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import type { AuthScope } from './password-routes.ts';
import {
  BackupCodes,
  DisableBody,
  SecondFactorLogin,
  SecondFactorSecret,
  TokenAnswer,
  TotpBody,
} from './schemas.ts';
import { answerChallenge, prepareSecondFactor, renewBackupCodes, turnOff, turnOn } from './second-factor.ts';
import { originOf } from './sign-in.ts';

const tags = ['auth'];

export function secondFactorRoutes({ app, context, guard, limited }: AuthScope): void {
  // Open to those who must set a second factor up before anything else.
  const config = { roles: EVERYONE, setup: true, ...limited };

  app.post(
    '/auth/2fa/login',
    {
      config: { public: true, ...limited },
      schema: {
        tags,
        summary: 'Finish signing in with the second factor',
        description:
          'A challenge is good for five minutes. A code is good for its own 30 seconds and those before and after, once; ' +
          'a backup code once.',
        body: SecondFactorLogin,
        response: {
          200: TokenAnswer,
          ...failures('second-factor-wrong', 'account-disabled', 'institution-suspended', 'rate-limited'),
        },
      },
    },
    async (request) => answerChallenge(context, guard, request.body, originOf(request)),
  );

  app.post(
    '/auth/2fa/enable',
    {
      config,
      schema: {
        tags,
        summary: 'Begin to set up a second factor',
        description:
          'A secret for an authenticator app. It counts once /auth/2fa/verify has seen a code of it.',
        response: { 200: SecondFactorSecret, ...failures('second-factor-already-on') },
      },
    },
    async ({ caller }) => prepareSecondFactor(context, caller),
  );

  app.post(
    '/auth/2fa/verify',
    {
      config,
      schema: {
        tags,
        summary: 'Switch the second factor on',
        description: 'Answers ten backup codes, which are shown only now.',
        body: TotpBody,
        response: {
          200: BackupCodes,
          ...failures('second-factor-wrong', 'second-factor-off', 'second-factor-already-on'),
        },
      },
    },
    async ({ caller, body }) => {
      const backupCodes = await turnOn(context, guard, caller, body.code);
      context.tokens.changed({ userId: caller.userId });
      return { backupCodes };
    },
  );

  app.post(
    '/auth/2fa/disable',
    {
      config,
      schema: {
        tags,
        summary: 'Switch the second factor off',
        description:
          'Needs the password, where the account has one, and a code or backup code. Refused in a role that the ' +
          'institution asks a second factor of.',
        body: DisableBody,
        response: {
          204: NoContent,
          ...failures('second-factor-wrong', 'second-factor-off', 'second-factor-needed-by-role'),
        },
      },
    },
    async ({ caller, body }, reply) => {
      await turnOff(context, guard, caller, body);
      context.tokens.changed({ userId: caller.userId });
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/auth/2fa/backup-codes',
    {
      config,
      schema: {
        tags,
        summary: 'Make new backup codes',
        description: 'The old ones are good no more. Needs a code of the app.',
        body: TotpBody,
        response: { 200: BackupCodes, ...failures('second-factor-wrong', 'second-factor-off') },
      },
    },
    async ({ caller, body }) => ({
      backupCodes: await renewBackupCodes(context, guard, caller, body.code),
    }),
  );
}
