import { Type } from 'typebox';
import { EMOTION_MODES, POLICY_IDS, policy } from '../../../config/policies.ts';
import type { AppContext } from '../../context.ts';
import { type App, OneOf, Uuid } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import { currentTenant } from './service.ts';

const Tenant = Type.Object(
  {
    id: Uuid('The institution.'),
    name: Type.String(),
    locale: Type.String(),
    timezone: Type.String({ description: 'IANA name; local days are computed in it.' }),
    policy: OneOf(POLICY_IDS, 'The jurisdiction’s policy; fixed for the institution.'),
    emotion: Type.Object({
      prohibited: Type.Boolean({
        description: 'The law forbids it; nothing in the institution can change that.',
      }),
      mode: OneOf(EMOTION_MODES, 'What sessions opened from now on will do.'),
    }),
  },
  { title: 'Tenant' },
);

export async function tenantRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/tenant',
    {
      config: { roles: EVERYONE },
      schema: { tags: ['tenant'], summary: 'The caller’s institution', response: { 200: Tenant } },
    },
    async ({ caller }) => {
      const found = await context.db.tenant(caller.tenantId, (tx) => currentTenant(tx, caller.tenantId));
      const { id, name, locale, timezone } = found;
      const { prohibited } = policy(found.policy).emotion;
      return {
        id,
        name,
        locale,
        timezone,
        policy: found.policy,
        emotion: { prohibited, mode: found.emotionMode },
      };
    },
  );
}
