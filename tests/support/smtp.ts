import type { AddressInfo, Socket } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  /** Of the envelope. */
  to: string[];
  raw: string;
  mail: Email;
}

export type SmtpMode = 'accept' | 'refuse-connections' | 'later' | 'never';

/** A mail server on loopback that keeps what it gets, and can be made to fail like real ones do. */
export interface SmtpStub {
  /** For SMTP_URL. */
  url: string;
  mails: ReceivedMail[];
  /** Attempts to hand a mail in, accepted or not. */
  attempts(): number;
  /** `later`: 451 to every recipient; `never`: 550; for the addresses that fit, or all. */
  mode(mode: SmtpMode, fits?: (address: string) => boolean): void;
  /** The first mail, past or future, that fits. */
  until(fits: (mail: ReceivedMail) => boolean, timeoutMs?: number): Promise<ReceivedMail>;
  close(): Promise<void>;
}

export async function startSmtp(
  options: { user?: { name: string; password: string } } = {},
): Promise<SmtpStub> {
  const mails: ReceivedMail[] = [];
  const waiting = new Set<() => void>();
  let current: SmtpMode = 'accept';
  let fits: (address: string) => boolean = () => true;
  let attempts = 0;
  const server = new SMTPServer({
    authOptional: options.user === undefined,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onConnect(_session, done) {
      if (current === 'refuse-connections') done(new Error('421 the service is not available'));
      else done();
    },
    onAuth({ username, password }, _session, done) {
      const { user } = options;
      if (user && username === user.name && password === user.password) done(null, { user: username });
      else done(new Error('535 wrong user name or password'));
    },
    onRcptTo({ address }, _session, done) {
      attempts += 1;
      const failing = current === 'later' || current === 'never';
      if (!failing || !fits(address)) return done();
      const responseCode = current === 'later' ? 451 : 550;
      done(
        Object.assign(new Error(current === 'later' ? 'try again later' : 'no such user'), { responseCode }),
      );
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString('utf8');
        PostalMime.parse(raw).then((mail) => {
          mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw, mail });
          done();
          for (const look of waiting) look();
        }, done);
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  const login = options.user
    ? `${encodeURIComponent(options.user.name)}:${encodeURIComponent(options.user.password)}@`
    : '';
  return {
    url: `smtp://${login}127.0.0.1:${port}`,
    mails,
    attempts: () => attempts,
    mode(mode, which = () => true) {
      current = mode;
      fits = which;
      if (mode !== 'refuse-connections') return;
      // Also those that are open already, as when a mail server is stopped.
      for (const connection of server.connections as unknown as Set<{ _socket: Socket }>)
        connection._socket.destroy();
    },
    until: (wanted, timeoutMs = 15_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(
            new Error(`No such mail; there are: ${mails.map(({ to, mail }) => `${to}: ${mail.subject}`)}`),
          );
        }, timeoutMs);
        const look = () => {
          const found = mails.find(wanted);
          if (!found) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
