import { randomUUID } from 'node:crypto';
import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';
import { redactUrl } from '../config/camera-url.ts';
import type { Config } from '../config/index.ts';

/** Names whose values never reach a log, wherever they stand in what is logged. */
const SECRET = [
  'password',
  'token',
  'access_token',
  'refresh_token',
  'authorization',
  'cookie',
  'credentials',
  'passwordHash',
];

/** JSON lines on standard error: standard output belongs to the command. */
export function createLog(
  config: Pick<Config, 'log'>,
  destination: DestinationStream = pino.destination(2),
): Logger {
  const paths = SECRET.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino(
    {
      level: config.log.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...paths, 'req.headers.authorization', 'req.headers.cookie'], censor: '[hidden]' },
      serializers: {
        err: (error: Error) =>
          clean(stdSerializers.errWithCause(error) as unknown as Record<string, unknown>),
        req: (request: { method: string; url: string; ip?: string }) => ({
          method: request.method,
          url: redactUrl(request.url),
          address: request.ip,
        }),
        res: (reply: { statusCode: number }) => ({ status: reply.statusCode }),
      },
      hooks: {
        // Whoever words a message may have put a camera's address into it.
        logMethod(args, method) {
          method.apply(
            this,
            args.map((arg) => (typeof arg === 'string' ? redactUrl(arg) : arg)) as typeof args,
          );
        },
      },
    },
    destination,
  );
}

/** The database's errors carry the query and its values; those are people's data. */
function clean(error: Record<string, unknown>): Record<string, unknown> {
  const { query: _, parameters: __, args: ___, params: ____, detail: _____, where: ______, ...rest } = error;
  for (const name of ['message', 'stack', 'detail']) {
    if (typeof rest[name] === 'string') rest[name] = redactUrl(withoutParams(rest[name] as string));
  }
  if (rest.cause && typeof rest.cause === 'object') rest.cause = clean(rest.cause as Record<string, unknown>);
  return rest;
}

/** drizzle ends its messages with the values of the query. */
function withoutParams(text: string): string {
  return text.replace(/\nparams: [^\n]*/g, '');
}

/** Short enough to read out, unlikely enough to find one request in a day's log. */
export function requestId(): string {
  // Node draws the random bytes of many UUIDs at once; all but two bits of these digits are random.
  return randomUUID().replaceAll('-', '').slice(-16);
}
