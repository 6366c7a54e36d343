import { createTransport } from 'nodemailer';
import type SMTPPool from 'nodemailer/lib/smtp-pool/index.js';
import type { Config } from '../../config/index.ts';
import { oneLine } from './layout.ts';

export interface Mail {
  /** One address. */
  to: string;
  /** Shown before the sender's address, usually the institution. */
  fromName: string;
  subject: string;
  html: string;
  text: string;
  /** The same for every attempt at one mail: receivers drop what they have already. */
  messageId: string;
  /** RFC 8058: a POST to it ends mails of this kind. */
  unsubscribe: string | null;
  logo: { cid: string; type: string; content: Buffer } | null;
}

export type MailOutcome =
  | { sent: true }
  | {
      sent: false;
      /** The mail server said no for good, to this mail; otherwise it may work later. */
      permanent: boolean;
      /** The mail server cannot be reached or does not let us in: no other mail will pass either. */
      down: boolean;
      reason: string;
    };

export interface Mailer {
  /** Whether a mail server is set. */
  readonly configured: boolean;
  /** Never throws. */
  send(mail: Mail): Promise<MailOutcome>;
  close(): Promise<void>;
}

const ADDRESS = /^[^\s@<>(),;:"\\]+@[^\s@<>(),;:"\\]+$/;

/** Connections are pooled; every step has an end. User name and password are in no message and no log. */
export function createMailer(config: Config): Mailer {
  const { smtpUrl, from, tls, connections } = config.mail;
  if (smtpUrl === null) {
    return {
      configured: false,
      send: async () => ({ sent: false, permanent: true, down: true, reason: 'mail-not-set-up' }),
      close: async () => undefined,
    };
  }
  const url = new URL(smtpUrl);
  const secure = url.protocol === 'smtps:';
  const user = decodeURIComponent(url.username);
  const options: SMTPPool.Options = {
    pool: true,
    maxConnections: connections,
    maxMessages: 100,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    ...(secure ? {} : { requireTLS: tls === 'required', ignoreTLS: tls === 'off' }),
    ...(user === '' ? {} : { auth: { user, pass: decodeURIComponent(url.password) } }),
    // A certificate that cannot be checked is worth little more than none, but only `required` promises one.
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: secure || tls === 'required' },
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    dnsTimeout: 10_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  const transport = createTransport(options);
  const sender = senderOf(from);
  return {
    configured: true,
    async send(mail) {
      if (!ADDRESS.test(mail.to)) {
        return { sent: false, permanent: true, down: false, reason: 'invalid-address' };
      }
      try {
        await transport.sendMail({
          messageId: mail.messageId,
          from: { name: oneLine(mail.fromName) || sender.name, address: sender.address },
          to: { name: '', address: mail.to },
          subject: oneLine(mail.subject),
          html: mail.html,
          text: mail.text,
          headers: {
            'Auto-Submitted': 'auto-generated',
            'X-Auto-Response-Suppress': 'All',
            ...(mail.unsubscribe
              ? {
                  'List-Unsubscribe': `<${mail.unsubscribe}>`,
                  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
                }
              : {}),
          },
          attachments: mail.logo
            ? [
                {
                  cid: mail.logo.cid,
                  contentType: mail.logo.type,
                  content: mail.logo.content,
                  filename: 'logo',
                },
              ]
            : [],
        });
        return { sent: true };
      } catch (error) {
        return failureOf(error as SmtpError, [decodeURIComponent(url.password), url.password]);
      }
    },
    async close() {
      transport.close();
    },
  };
}

interface SmtpError extends Error {
  code?: string;
  responseCode?: number;
  response?: string;
}

/** RFC 5321: 5yz to the recipient or the text is for good, 4yz and everything about the connection is not. */
function failureOf(error: SmtpError, secrets: string[]): MailOutcome {
  const aboutMail = error.code === 'EENVELOPE' || error.code === 'EMESSAGE';
  const code = error.responseCode ?? 0;
  // 421: the service is closing; 530–538 and 454: it does not let us in. Neither is about this mail.
  const serviceCode = code === 421 || code === 454 || (code >= 530 && code <= 538);
  let reason = oneLine(error.response ?? error.message, 300);
  for (const secret of secrets) if (secret !== '') reason = reason.replaceAll(secret, '***');
  return {
    sent: false,
    permanent: aboutMail && code >= 500 && !serviceCode,
    down: !aboutMail || serviceCode,
    reason: `${error.code ?? 'SMTP'}: ${reason}`,
  };
}

function senderOf(from: string): { name: string; address: string } {
  const named = /^\s*"?([^"<]*?)"?\s*<([^<>]+)>\s*$/.exec(from);
  return named ? { name: named[1]!, address: named[2]! } : { name: '', address: from.trim() };
}
