import type { Format } from './format.ts';
import type { Message } from './kinds.ts';
import { WORDS } from './words.ts';

/** How an institution's mails look. */
export interface Brand {
  institution: string;
  /** `#rrggbb`. */
  primary: string;
  /** Shown above the text, sent along with the mail: many readers load nothing from elsewhere. */
  logo: { type: string; content: Buffer } | null;
}

export interface LaidOut {
  subject: string;
  html: string;
  text: string;
}

/** Content id of the logo within a mail. */
export const LOGO_CID = 'logo@yoklama';

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** One line without control characters: what a name or an address may be in a header. */
export function oneLine(text: string, length = 200): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, length);
}

/**
 * A message as HTML and as text, the same words in both. HTML for every reader of mail: tables for the layout, styles
 * inline, no script and nothing loaded; a language, headings and table heads for those who listen to it.
 */
export function layOut(
  message: Message,
  format: Format,
  brand: Brand,
  to: { name: string | null; unsubscribe: string | null },
): LaidOut {
  const words = WORDS[format.language];
  const hello = to.name === null ? null : words.hello(oneLine(to.name));
  const footer = words.footer(brand.institution);
  return {
    subject: oneLine(message.subject),
    html: html(message, format, brand, { hello, footer, unsubscribe: to.unsubscribe }),
    text: text(message, { hello, footer, unsubscribe: to.unsubscribe, label: words.unsubscribe }),
  };
}

function html(
  message: Message,
  format: Format,
  brand: Brand,
  around: { hello: string | null; footer: string; unsubscribe: string | null },
): string {
  const primary = /^#[0-9a-f]{6}$/i.test(brand.primary) ? brand.primary : '#2f4fd8';
  const ink = inkOn(primary);
  const e = escapeHtml;
  const p = (line: string) => `<p style="margin:0 0 16px">${e(line)}</p>`;
  const body = [
    ...(around.hello === null ? [] : [p(around.hello)]),
    ...message.paragraphs.map(p),
    ...(message.facts?.length ? [facts(message.facts)] : []),
    ...(message.tables ?? []).map((table) => dataTable(table)),
    ...(message.action
      ? [
          `<p style="margin:24px 0"><a href="${e(message.action.url)}" style="display:inline-block;padding:12px 20px;` +
            `border-radius:6px;background:${primary};color:${ink};text-decoration:none;font-weight:600">${e(message.action.label)}</a></p>` +
            `<p style="margin:0 0 16px;font-size:13px;color:#555d6b;word-break:break-all">${e(message.action.url)}</p>`,
        ]
      : []),
    ...(message.note
      ? [`<p style="margin:0 0 16px;font-size:14px;color:#555d6b">${e(message.note)}</p>`]
      : []),
  ];
  const head = brand.logo
    ? `<img src="cid:${LOGO_CID}" alt="${e(brand.institution)}" height="40" style="display:block;height:40px;max-width:240px">`
    : e(brand.institution);
  const unsubscribe = around.unsubscribe
    ? `<br><a href="${e(around.unsubscribe)}" style="color:#555d6b">${e(WORDS[format.language].unsubscribe)}</a>`
    : '';
  return [
    `<!doctype html><html lang="${format.language}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">',
    `<title>${e(message.subject)}</title></head>`,
    `<body style="margin:0;padding:0;background:#f2f4f8;color:#1b2230;font-size:16px;line-height:1.5;${FONT}">`,
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding:24px 12px">',
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px;background:#ffffff;border-radius:8px">',
    `<tr><td style="padding:16px 24px;background:${primary};color:${ink};font-weight:600;border-radius:8px 8px 0 0">${head}</td></tr>`,
    `<tr><td style="padding:24px"><h1 style="margin:0 0 16px;font-size:20px;line-height:1.3">${e(message.subject)}</h1>`,
    ...body,
    '</td></tr>',
    `<tr><td style="padding:16px 24px;border-top:1px solid #dfe3ea;font-size:13px;color:#555d6b">${e(around.footer)}${unsubscribe}</td></tr>`,
    '</table></td></tr></table></body></html>',
  ].join('\n');
}

function facts(rows: [string, string][]): string {
  const lines = rows.map(
    ([label, value]) =>
      '<tr><th scope="row" align="left" style="padding:6px 16px 6px 0;font-weight:400;color:#555d6b;vertical-align:top">' +
      `${escapeHtml(label)}</th><td style="padding:6px 0;font-weight:600;vertical-align:top">${escapeHtml(value)}</td></tr>`,
  );
  return `<table cellpadding="0" cellspacing="0" style="margin:0 0 16px;border-collapse:collapse">${lines.join('')}</table>`;
}

function dataTable(table: NonNullable<Message['tables']>[number]): string {
  const cell = 'padding:6px 8px;border-bottom:1px solid #dfe3ea;text-align:left;vertical-align:top';
  const head = table.head.map(
    (text) => `<th scope="col" style="${cell};color:#555d6b">${escapeHtml(text)}</th>`,
  );
  const rows = table.rows.map(
    (row) => `<tr>${row.map((text) => `<td style="${cell}">${escapeHtml(text)}</td>`).join('')}</tr>`,
  );
  return (
    '<table width="100%" cellpadding="0" cellspacing="0" style="margin:0 0 16px;border-collapse:collapse;font-size:14px">' +
    `<caption style="text-align:left;font-weight:600;padding:0 0 8px">${escapeHtml(table.caption)}</caption>` +
    `<thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`
  );
}

function text(
  message: Message,
  around: { hello: string | null; footer: string; unsubscribe: string | null; label: string },
): string {
  const parts = [
    ...(around.hello === null ? [] : [around.hello]),
    ...message.paragraphs,
    ...(message.facts?.length
      ? [message.facts.map(([label, value]) => `${oneLine(label)}: ${oneLine(value)}`).join('\n')]
      : []),
    ...(message.tables ?? []).map(
      ({ caption, head, rows }) =>
        `${caption}\n${rows
          .map((row) =>
            row.map((cell, index) => `${index === 0 ? '- ' : `${head[index]}: `}${oneLine(cell)}`).join(', '),
          )
          .join('\n')}`,
    ),
    ...(message.action ? [`${message.action.label}:\n${message.action.url}`] : []),
    ...(message.note ? [message.note] : []),
    `--\n${around.footer}${around.unsubscribe ? `\n${around.label}: ${around.unsubscribe}` : ''}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Black or white, whichever can be read on the colour: WCAG 2.2's relative luminance, contrast at least 4.5. */
function inkOn(colour: string): string {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return 1.05 / (luminance + 0.05) >= 4.5 ? '#ffffff' : '#000000';
}
