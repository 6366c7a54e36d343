import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { assertNetworks, DEFAULT_CAMERA_NETWORKS } from './camera-url.ts';
import { EnvReader } from './env-reader.ts';
import { resolvePath } from './paths.ts';
import { POLICY_IDS, type PolicyId } from './policies.ts';

export type Environment = 'development' | 'production' | 'test';
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Everything that can be set, read once at start. `.env.example` documents each variable. */
export interface Config {
  env: Environment;
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** Where browsers reach the server; used in links and for CORS. */
  publicUrl: string;
  /** Origins besides `publicUrl` that browsers may call the API from. */
  corsOrigins: string[];
  /** Addresses of reverse proxies whose X-Forwarded-For is believed; false: none. */
  trustProxy: string[] | false;
  dataDir: string;
  /** Null: the embedded Postgres in `dataDir`. */
  databaseUrl: string | null;
  /** The role that the server works as, where the user of `databaseUrl` may not create one. */
  databaseAppUrl: string | null;
  databasePool: number;
  /** Off where a pooler gives every transaction another connection. */
  databasePreparedStatements: boolean;
  /** A copy of the database that only reads, for lists, statistics and reports. */
  databaseReplicaUrl: string | null;
  redisUrl: string | null;
  backup: {
    dir: string;
    /** How many are kept. */
    keep: number;
    /** Local time in `seed.timezone`, `HH:MM`; null: none by itself. */
    at: string | null;
  };
  /** 32 bytes as base64 or hex; null: kept in `dataDir/secrets`. See config/secrets.ts. */
  masterKey: string | null;
  /** The key before it, for `yoklama rotate-master-key` only. */
  masterKeyPrevious: string | null;
  log: { level: LogLevel };
  /** Bearer token that `/metrics` asks for; null: only this machine may read it. */
  metricsToken: string | null;
  models: { pack: string; dir: string };
  ffmpegPath: string | null;
  pipeline: {
    workers: number;
    /** Threads of one worker's models; 0 lets the worker choose. */
    threads: number;
    maxWidth: number;
    defaultFps: number;
  };
  recordings: {
    /** Where the segments are kept, encrypted. */
    dir: string;
    /** Nothing is recorded where less than this would be left free: the database needs the disk, too. */
    minFreeBytes: number;
  };
  webrtc: {
    enabled: boolean;
    /** Media workers, each a process with a port of its own. */
    workers: number;
    /** Address that the ports are opened on. */
    listenIp: string;
    /** UDP and TCP port of the first worker; each further one has the next. 0 picks free ones. */
    port: number;
    /** What browsers are told to send to, where it is not `listenIp`: the address outside a NAT or a container. */
    announcedAddress: string | null;
    /** Of one publisher, kbit/s. */
    maxKbps: number;
    /** Publishers of one institution at the same time. */
    maxPublishers: number;
    /** Videos of one institution that are watched at the same time. */
    maxViewers: number;
    turn: {
      /** `turn:host:port?transport=tcp`, `turns:…`, `stun:…`. */
      urls: string[];
      /** Shared with the TURN server (`use-auth-secret` of coturn): credentials are made from it and expire. */
      secret: string | null;
    };
  };
  cameras: {
    allowedNetworks: string[];
    allowLoopback: boolean;
    /** `file:` addresses as cameras, for demonstrations; never in production. */
    allowFiles: boolean;
  };
  mail: {
    /** `smtp://user:password@host:port` or `smtps://…`; null: no mail is sent. A secret. */
    smtpUrl: string | null;
    /** `Name <address>` or an address. */
    from: string;
    tls: MailTls;
    /** Connections to the mail server at the same time. */
    connections: number;
  };
  webhooks: {
    /** CIDR blocks of the institution's own networks that webhooks may go to, besides public addresses. */
    allowedNetworks: string[];
    /** 127.0.0.0/8 and ::1; outside production also over plain http. */
    allowLoopback: boolean;
  };
  oidc: {
    /** CIDR blocks of private networks that sign-in providers may be in, besides public addresses. */
    allowedNetworks: string[];
    /** Providers on this machine, also over plain http; never in production. */
    allowLoopback: boolean;
  };
  defaultPolicy: PolicyId;
  seed: {
    institution: string;
    timezone: string;
    locale: string;
    adminEmail: string;
    adminPassword: string | null;
  };
  limits: {
    bodyBytes: number;
    photoBytes: number;
    photosPerRequest: number;
    /** Of a roster that is imported. */
    importBytes: number;
    /** Requests per minute and address. */
    requestsPerMinute: number;
    /** Sign-in attempts per minute and address. */
    loginsPerMinute: number;
    /** Requests per minute of one signed-in user, from whatever addresses. */
    accountRequestsPerMinute: number;
    /** Requests per minute of one API key. */
    keyRequestsPerMinute: number;
    accessTokenSeconds: number;
    /** Days that one key signs access tokens for before the next takes over. */
    signingKeyDays: number;
    refreshTokenDays: number;
  };
}

/** `required`: no mail without TLS; `opportunistic`: TLS where the mail server offers it; `off`: never. */
export const MAIL_TLS = ['required', 'opportunistic', 'off'] as const;
export type MailTls = (typeof MAIL_TLS)[number];
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const MB = 1024 * 1024;

/** The process's environment over a `.env` file in the working directory. */
export function environment(): NodeJS.ProcessEnv {
  const file = join(process.cwd(), '.env');
  return existsSync(file) ? { ...parseEnv(readFileSync(file, 'utf8')), ...process.env } : process.env;
}

/** Reads and checks every setting; throws one `ConfigError` that lists all that is wrong. */
export function loadConfig(env: NodeJS.ProcessEnv = environment()): Config {
  const read = new EnvReader(env);
  const mode = read.choice('NODE_ENV', ['development', 'production', 'test'] as const, 'development');
  const host = read.text('HOST', mode === 'production' ? '0.0.0.0' : '127.0.0.1');
  const port = read.integer('PORT', 8780, 0, 65_535);
  const networks = read.list('CAMERA_NETWORKS', [...DEFAULT_CAMERA_NETWORKS]);
  const webhookNetworks = read.list('WEBHOOK_NETWORKS', []);
  const oidcNetworks = read.list('OIDC_NETWORKS', []);
  const config: Config = {
    env: mode,
    host,
    port,
    publicUrl: read.url(
      'PUBLIC_URL',
      `http://${host === '0.0.0.0' || host === '::' ? 'localhost' : host}:${port}`,
      ['http:', 'https:'],
    ),
    corsOrigins: read.list('CORS_ORIGINS', []),
    trustProxy: readProxies(read),
    dataDir: resolvePath(read.text('DATA_DIR', './data')),
    databaseUrl: read.optionalUrl('DATABASE_URL', ['postgres:', 'postgresql:']),
    databaseAppUrl: read.optionalUrl('DATABASE_APP_URL', ['postgres:', 'postgresql:']),
    databasePool: read.integer('DATABASE_POOL', 10, 1, 200),
    databasePreparedStatements: read.boolean('DATABASE_PREPARED_STATEMENTS', true),
    databaseReplicaUrl: read.optionalUrl('DATABASE_REPLICA_URL', ['postgres:', 'postgresql:']),
    redisUrl: read.optionalUrl('REDIS_URL', ['redis:', 'rediss:']),
    backup: readBackup(read),
    masterKey: read.optional('MASTER_KEY'),
    masterKeyPrevious: read.optional('MASTER_KEY_PREVIOUS'),
    metricsToken: read.optional('METRICS_TOKEN'),
    log: { level: read.choice('LOG_LEVEL', LOG_LEVELS, mode === 'test' ? 'warn' : 'info') },
    models: {
      pack: read.text('MODEL_PACK', 'default'),
      dir: resolvePath(read.text('MODELS_DIR', '~/.cache/yoklama/models')),
    },
    ffmpegPath: read.optional('FFMPEG_PATH'),
    pipeline: {
      workers: read.integer('PIPELINE_WORKERS', 1, 1, 64),
      threads: read.integer('PIPELINE_THREADS', 0, 0, 64),
      maxWidth: read.integer('PIPELINE_MAX_WIDTH', 1920, 0, 7680),
      defaultFps: read.number('PIPELINE_FPS', 5, 0.2, 30),
    },
    recordings: {
      dir: resolvePath(read.text('RECORDINGS_DIR', `${read.text('DATA_DIR', './data')}/recordings`)),
      minFreeBytes: read.integer('RECORDING_MIN_FREE_MB', 2048, 0, 10_000_000) * MB,
    },
    webrtc: readWebRtc(read, mode, host),
    cameras: {
      allowedNetworks: networks,
      allowLoopback: read.boolean('CAMERA_ALLOW_LOOPBACK', mode !== 'production'),
      allowFiles: read.boolean('CAMERA_ALLOW_FILES', false),
    },
    mail: readMail(read, mode),
    webhooks: {
      allowedNetworks: webhookNetworks,
      allowLoopback: read.boolean('WEBHOOK_ALLOW_LOOPBACK', mode !== 'production'),
    },
    oidc: {
      allowedNetworks: oidcNetworks,
      allowLoopback: mode !== 'production',
    },
    defaultPolicy: read.choice('POLICY', POLICY_IDS, 'default'),
    seed: {
      institution: read.text('INSTITUTION', 'Yoklama'),
      timezone: read.text('TIMEZONE', 'Europe/Istanbul'),
      locale: read.choice('LOCALE', ['tr', 'en'] as const, 'tr'),
      adminEmail: read.text('ADMIN_EMAIL', 'admin@yoklama.local').toLowerCase(),
      adminPassword: read.optional('ADMIN_PASSWORD'),
    },
    limits: {
      bodyBytes: read.integer('MAX_BODY_MB', 1, 1, 100) * MB,
      photoBytes: read.integer('MAX_PHOTO_MB', 25, 1, 200) * MB,
      photosPerRequest: read.integer('MAX_PHOTOS', 10, 1, 50),
      importBytes: read.integer('MAX_IMPORT_MB', 25, 1, 200) * MB,
      requestsPerMinute: read.integer('RATE_LIMIT', mode === 'test' ? 100_000 : 1200, 1, 1_000_000),
      loginsPerMinute: read.integer('LOGIN_RATE_LIMIT', mode === 'test' ? 1000 : 20, 1, 1_000_000),
      accountRequestsPerMinute: read.integer(
        'ACCOUNT_RATE_LIMIT',
        mode === 'test' ? 100_000 : 600,
        1,
        1_000_000,
      ),
      keyRequestsPerMinute: read.integer(
        'API_KEY_RATE_LIMIT',
        mode === 'test' ? 100_000 : 1200,
        1,
        1_000_000,
      ),
      signingKeyDays: read.integer('SIGNING_KEY_DAYS', 30, 1, 365),
      accessTokenSeconds: read.integer('ACCESS_TOKEN_SECONDS', 900, 30, 86_400),
      refreshTokenDays: read.integer('REFRESH_TOKEN_DAYS', 30, 1, 365),
    },
  };
  read.check('CAMERA_NETWORKS', () => assertNetworks(networks));
  read.check('OIDC_NETWORKS', () => assertNetworks(oidcNetworks));
  read.check('WEBHOOK_NETWORKS', () => assertNetworks(webhookNetworks));
  read.check('TIMEZONE', () => new Intl.DateTimeFormat('en', { timeZone: config.seed.timezone }));
  if (config.masterKey !== null) read.check('MASTER_KEY', () => decodeMasterKey(config.masterKey!));
  if (config.masterKeyPrevious !== null) {
    read.check('MASTER_KEY_PREVIOUS', () => decodeMasterKey(config.masterKeyPrevious!));
  }
  if (config.databaseAppUrl !== null && config.databaseUrl === null) {
    read.problem('DATABASE_APP_URL', 'needs DATABASE_URL, which the schema is made with');
  }
  if (config.metricsToken !== null && config.metricsToken.length < 16) {
    read.problem('METRICS_TOKEN', 'needs at least 16 characters');
  }
  if (config.databaseReplicaUrl !== null && config.databaseUrl === null) {
    read.problem('DATABASE_REPLICA_URL', 'needs DATABASE_URL, which it is a copy of');
  }
  if (mode === 'production' && config.cameras.allowFiles) {
    read.problem(
      'CAMERA_ALLOW_FILES',
      'file cameras are for demonstrations and cannot be used in production',
    );
  }
  if (!/^[^@\s]+@[^@\s]+$/.test(config.seed.adminEmail))
    read.problem('ADMIN_EMAIL', 'is not an e-mail address');
  if (config.seed.adminPassword !== null && config.seed.adminPassword.length < 10) {
    read.problem('ADMIN_PASSWORD', 'needs at least 10 characters');
  }
  read.finish();
  return config;
}

/** 32 bytes from 44 characters of base64 or 64 of hex; throws otherwise. */
export function decodeMasterKey(text: string): Buffer {
  const trimmed = text.trim();
  const bytes = /^[0-9a-f]{64}$/i.test(trimmed)
    ? Buffer.from(trimmed, 'hex')
    : Buffer.from(trimmed, 'base64');
  if (bytes.length !== 32) throw new Error('must be 32 bytes in base64 or hex: `openssl rand -base64 32`');
  return bytes;
}

function readBackup(read: EnvReader): Config['backup'] {
  const at = read.text('BACKUP_AT', '03:00');
  if (at !== 'off' && !/^([01][0-9]|2[0-3]):[0-5][0-9]$/.test(at)) {
    read.problem('BACKUP_AT', 'is a time like 03:00, or off');
  }
  const dataDir = read.text('DATA_DIR', './data');
  return {
    dir: resolvePath(read.text('BACKUP_DIR', `${dataDir}/backups`)),
    keep: read.integer('BACKUP_KEEP', 14, 1, 1000),
    at: at === 'off' ? null : at,
  };
}

function readWebRtc(read: EnvReader, mode: Environment, host: string): Config['webrtc'] {
  const urls = read.list('TURN_URLS', []);
  const secret = read.optional('TURN_SECRET');
  for (const url of urls) {
    if (!/^(stun|turns?):[^\s]+$/.test(url))
      read.problem('TURN_URLS', `${url} begins with none of stun:, turn:, turns:`);
  }
  if (urls.some((url) => url.startsWith('turn')) && secret === null) {
    read.problem('TURN_SECRET', 'is needed where TURN_URLS names a TURN server');
  }
  const announcedAddress = read.optional('WEBRTC_ANNOUNCED_ADDRESS');
  const listenIp = read.text('WEBRTC_LISTEN', host === 'localhost' ? '127.0.0.1' : host);
  return {
    enabled: read.boolean('WEBRTC', true),
    workers: read.integer('WEBRTC_WORKERS', 1, 1, 64),
    listenIp,
    port: read.integer('WEBRTC_PORT', mode === 'test' ? 0 : 8790, 0, 65_535),
    announcedAddress,
    maxKbps: read.integer('WEBRTC_MAX_KBPS', 4000, 100, 100_000),
    maxPublishers: read.integer('WEBRTC_MAX_PUBLISHERS', 100, 1, 10_000),
    maxViewers: read.integer('WEBRTC_MAX_VIEWERS', 200, 1, 10_000),
    turn: { urls, secret },
  };
}

function readProxies(read: EnvReader): string[] | false {
  const listed = read.list('TRUST_PROXY', []);
  return listed.length === 0 ? false : listed;
}

function readMail(read: EnvReader, mode: Environment): Config['mail'] {
  const smtpUrl = read.optionalUrl('SMTP_URL', ['smtp:', 'smtps:']);
  const from = read.text('MAIL_FROM', 'Yoklama <yoklama@localhost>');
  if (!/^(?:[^<>@\r\n]*<)?[^<>@\s]+@[^<>@\s]+>?$/.test(from)) {
    read.problem('MAIL_FROM', 'is not an address, nor "Name <address>"');
  }
  if (mode === 'production' && smtpUrl !== null && read.optional('MAIL_FROM') === null) {
    read.problem('MAIL_FROM', 'is needed where SMTP_URL is set: the address that mails come from');
  }
  // To a mail server on this machine nothing leaves it; anywhere else passwords and names would be read on the way.
  const local = smtpUrl !== null && /^(localhost|127\.|\[::1\])/.test(new URL(smtpUrl).hostname);
  const tls = read.choice('SMTP_TLS', MAIL_TLS, local ? 'opportunistic' : 'required');
  return { smtpUrl, from, tls, connections: read.integer('SMTP_CONNECTIONS', 3, 1, 50) };
}
