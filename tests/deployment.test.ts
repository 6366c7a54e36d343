/**
 * No container engine is needed to see that the Dockerfile and the compose file fit the project: the files they
 * copy, the programs they start, the Node they run on, the settings they pass.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../config/index.ts';
import { projectRoot } from '../config/paths.ts';

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');
const packageJson = JSON.parse(read('package.json')) as {
  engines: { node: string };
  bin: Record<string, string>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
};

interface Service {
  image?: string;
  build?: string;
  ports?: string[];
  environment?: Record<string, string | number>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  volumes?: string[];
}
const compose = parse(read('docker-compose.yml')) as {
  services: Record<'server' | 'postgres' | 'redis', Service>;
  volumes: Record<string, unknown>;
};

/** Instructions with their continued lines joined, comments left out. */
const instructions = read('Dockerfile')
  .replace(/^\s*#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .map((line) => line.trim())
  .filter((line) => line !== '')
  .map((line) => ({ name: line.split(/\s+/)[0] ?? '', text: line.replace(/^\S+\s+/, '') }));
const only = (name: string) =>
  instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);

/** Names that the configuration reads, found by asking for a variable that it does not know. */
const knownSettings = new Set<string>(['NODE_ENV']);
loadConfig(
  new Proxy({} as NodeJS.ProcessEnv, {
    get(_target, name) {
      knownSettings.add(String(name));
      return undefined;
    },
  }),
);

describe('the image', () => {
  test('runs a Node that package.json allows', () => {
    const [, major] = /node:(\d+)/.exec(only('FROM')[0] ?? '') ?? [];
    const [, oldest] = />=(\d+)/.exec(packageJson.engines.node) ?? [];
    expect(Number(major)).toBeGreaterThanOrEqual(Number(oldest));
  });

  test('copies files that exist and that the builder is given', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const sources = only('COPY')
      .filter((text) => !text.startsWith('--from'))
      .flatMap((text) => text.split(/\s+/).slice(0, -1));
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) {
      expect(existsSync(join(projectRoot, source)), `${source} exists`).toBe(true);
      expect(allowed, `${source} is not kept from the builder`).toContain(source);
    }
  });

  test('copies each room that the server runs', () => {
    const lastStage = instructions.slice(instructions.map(({ name }) => name).lastIndexOf('FROM'));
    const copied = lastStage.filter(({ name }) => name === 'COPY').map(({ text }) => text.split(/\s+/)[0]);
    expect(copied).toEqual(expect.arrayContaining(['bin', 'config', 'models', 'pipeline', 'server']));
  });

  test('starts a program that is there, as nobody special, under an init', () => {
    const command = JSON.parse(only('CMD').at(-1) ?? '[]') as string[];
    expect(command).toEqual(['node', packageJson.bin.yoklama, 'serve']);
    expect(existsSync(join(projectRoot, command[1] ?? ''))).toBe(true);
    expect(only('USER').at(-1)).toBe('node');
    expect(only('ENTRYPOINT').at(-1)).toContain('tini');
  });

  test('needs no development package to run', () => {
    const shipped = { ...packageJson.dependencies, ...packageJson.optionalDependencies };
    const files = ['bin', 'config', 'models', 'pipeline', 'server'].flatMap((room) =>
      readdirSync(join(projectRoot, room), { recursive: true })
        .map((name) => join(room, String(name)))
        .filter((name) => /\.(ts|mjs)$/.test(name) && !/\.test\.ts$|drizzle\.config/.test(name)),
    );
    const imported = new Set<string>();
    for (const file of files) {
      for (const [, name = ''] of read(file).matchAll(
        /^(?:import|export)\s(?!type\b)[^;]*?from '([^'.][^']*)'/gm,
      )) {
        const parts = name.split('/');
        imported.add(name.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? ''));
      }
    }
    const missing = [...imported].filter(
      (name) => !name.startsWith('node:') && !builtinModules.includes(name) && !(name in shipped),
    );
    expect(imported.size).toBeGreaterThan(5);
    expect(missing).toEqual([]);
  });
});

describe('the settings', () => {
  const settingsOf = (text: string) =>
    [...text.matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name);

  test('that .env.example names are all known, and all that are known are in it', () => {
    const named = settingsOf(read('.env.example'));
    // The package itself reads where its program is.
    expect(named.filter((name) => !knownSettings.has(name))).toEqual(['MEDIASOUP_WORKER_BIN']);
    expect([...knownSettings].filter((name) => !named.includes(name))).toEqual([]);
  });

  test('that the compose file and the image pass are known', () => {
    const passed = Object.keys(compose.services.server.environment ?? {});
    const image = only('ENV')
      .flatMap((text) => [...text.matchAll(/([A-Za-z_]+)=/g)].map(([, name = '']) => name))
      .filter((name) => !name.startsWith('npm_'));
    expect([...passed, ...image].filter((name) => !knownSettings.has(name))).toEqual([]);
  });

  test('that the compose file passes make a valid configuration', () => {
    const values: Record<string, string> = {
      POSTGRES_PASSWORD: 'secret',
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      ADMIN_PASSWORD: 'a long password',
    };
    const fill = (text: string) =>
      text.replace(
        /\$\{([A-Z_]+)(?::([-?])([^}]*))?\}/g,
        (_all, name: string, kind?: string, rest?: string) => {
          const value = values[name] ?? (kind === '-' ? rest : undefined);
          if (value === undefined) throw new Error(`${name} has no value`);
          return value;
        },
      );
    const env = Object.fromEntries(
      Object.entries(compose.services.server.environment ?? {}).map(([name, value]) => [
        name,
        fill(String(value)),
      ]),
    );
    const config = loadConfig({ NODE_ENV: 'production', HOST: '0.0.0.0', DATA_DIR: '/data', ...env });
    expect(config.databaseUrl).toBe('postgres://yoklama:secret@postgres:5432/yoklama');
    expect(config.redisUrl).toBe('redis://redis:6379');
  });
});

describe('the services', () => {
  const { server, postgres, redis } = compose.services;

  test('agree on ports', () => {
    const [exposed, ...media] = (only('EXPOSE').at(-1) ?? '').split(' ');
    const mediaPort = loadConfig({}).webrtc.port;
    expect(media).toEqual([`${mediaPort}/tcp`, `${mediaPort}/udp`]);
    const published = `\${WEBRTC_PORT:-${mediaPort}}`;
    expect(server.ports?.slice(1).sort()).toEqual(
      ['tcp', 'udp'].map((protocol) => `${published}:${published}/${protocol}`),
    );
    expect(server.ports?.[0]).toMatch(new RegExp(`:${exposed}$`));
    expect(String(server.environment?.PORT)).toBe(exposed);
    expect(only('ENV').at(-1)).toContain(`PORT=${exposed}`);
    expect(String(loadConfig({}).port)).toBe(exposed);
  });

  test('wait for each other and keep what must be kept', () => {
    expect(server.depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
    });
    for (const service of [postgres, redis]) expect(service.healthcheck?.test.length).toBeGreaterThan(1);
    expect(only('HEALTHCHECK')[0]).toContain('/readyz');
    const mounted = [server, postgres, redis].flatMap((service) => service.volumes ?? []);
    expect(mounted.map((volume) => volume.split(':')[0]).sort()).toEqual(Object.keys(compose.volumes).sort());
    expect(only('VOLUME')[0]).toBe('/data');
  });

  test('hold no secret in the file', () => {
    const values = Object.values(compose.services).flatMap((service) =>
      Object.entries(service.environment ?? {}),
    );
    for (const [name, value] of values) {
      if (/PASSWORD|KEY|SECRET/.test(name)) expect(String(value)).toMatch(/^\$\{[A-Z_]+:\?/);
    }
  });
});
