import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import type { App } from '../../http.ts';
import { languageOf } from '../../mail/format.ts';
import { escapeHtml } from '../../mail/layout.ts';
import { WORDS } from '../../mail/words.ts';
import { notifiedTenant } from './notify.ts';
import { UnsubscribeQuery } from './schemas.ts';
import { readUnsubscribe, unsubscribe } from './unsubscribe.ts';

const tags = ['notifications'];
const Page = Type.String({
  description: 'A page in the institution’s language.',
  examples: ['<!doctype html>…'],
});

/** The link under mails to students and guardians, who may have no account. */
export async function unsubscribeRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/notifications/unsubscribe',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'The page behind the link under a mail',
        description:
          'Asks before anything changes, because mail readers follow links by themselves. The token in the link is signed ' +
          'and good for one person and topic.',
        querystring: UnsubscribeQuery,
        produces: ['text/html'],
        response: { 200: Page, 400: Page },
      },
    },
    async ({ query }, reply) => {
      const claim = readUnsubscribe(context, query.token);
      const { language, institution } = await whose(context, claim?.tenantId ?? null);
      const words = WORDS[language].unsubscribePage;
      reply.code(claim === null ? 400 : 200).type('text/html; charset=utf-8');
      return page(language, institution, claim === null ? words.invalid : words.question, {
        button: claim === null ? null : words.button,
        token: query.token,
      });
    },
  );

  await app.register(async (scope) => {
    // RFC 8058 has the mail reader post a form; what it says is of no matter.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: 4096 }, (_request, _body, done) =>
      done(null, undefined),
    );
    (scope as App).post(
      '/notifications/unsubscribe',
      {
        config: { public: true },
        schema: {
          tags,
          summary: 'Stop mails of one topic to one person',
          description:
            'Posted by the page, and by mail readers as a one-click unsubscription (RFC 8058, `List-Unsubscribe-Post`). ' +
            'Doing it twice is harmless.',
          querystring: UnsubscribeQuery,
          produces: ['text/html'],
          response: { 200: Page, 400: Page },
        },
      },
      async ({ query }, reply) => {
        const claim = readUnsubscribe(context, query.token);
        const { language, institution } = await whose(context, claim?.tenantId ?? null);
        const words = WORDS[language].unsubscribePage;
        reply.type('text/html; charset=utf-8');
        const done =
          claim !== null && (await context.db.tenant(claim.tenantId, (tx) => unsubscribe(tx, claim)));
        reply.code(done ? 200 : 400);
        return page(language, institution, done ? words.done : words.invalid, { button: null, token: '' });
      },
    );
  });
}

async function whose(context: AppContext, tenantId: string | null) {
  if (tenantId === null) return { language: languageOf(context.config.seed.locale), institution: '' };
  const { locale, name } = await context.db.tenant(tenantId, (tx) => notifiedTenant(tx, tenantId));
  return { language: languageOf(locale), institution: name };
}

function page(
  language: string,
  institution: string,
  text: string,
  form: { button: string | null; token: string },
): string {
  const action = `/api/v1/notifications/unsubscribe?token=${encodeURIComponent(form.token)}`;
  const button =
    form.button === null
      ? ''
      : `<form method="post" action="${escapeHtml(action)}"><button type="submit">${escapeHtml(form.button)}</button></form>`;
  return (
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="robots" content="noindex">` +
    `<meta name="viewport" content="width=device-width"><title>${escapeHtml(institution || 'yoklama')}</title></head>` +
    `<body><main><h1>${escapeHtml(institution)}</h1><p>${escapeHtml(text)}</p>${button}</main></body></html>`
  );
}
