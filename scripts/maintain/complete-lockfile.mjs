#!/usr/bin/env node
// Adds to package-lock.json the optional platform packages that npm left out of it.
//
// npm forgets an optional package that the registry in use could not deliver (a mirror without the binaries of
// other platforms), and `npm ci` then refuses the file on every machine. An entry with the exact version and the
// platform is all that npm needs: it skips foreign platforms, and fetches its own by name and version.
// Run it after every change of the dependencies; `npm run check` says when it is needed.
//
//   node scripts/maintain/complete-lockfile.mjs [--check]

import { readFileSync, writeFileSync } from 'node:fs';

const lockFile = new URL('../../package-lock.json', import.meta.url);
const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

/** Node's way up from `from` to the folder that `name` is found in; null where it is missing. */
function resolve(packages, from, name) {
  for (let at = from; ; ) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[path]) return path;
    if (at === '') return null;
    at = at.includes('/node_modules/') ? at.slice(0, at.lastIndexOf('/node_modules/')) : '';
  }
}

/** What a platform package's name says about where it runs. */
function platformOf(name) {
  const words = name.split('/').pop().split(/[-.]/);
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  const libc = os !== 'linux' ? null : words.some((word) => word.startsWith('musl')) ? 'musl' : 'glibc';
  return { ...(cpu ? { cpu: [cpu] } : {}), ...(libc ? { libc: [libc] } : {}), ...(os ? { os: [os] } : {}) };
}

const text = readFileSync(lockFile, 'utf8');
const lock = JSON.parse(text);
const added = [];
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (resolve(lock.packages, path, name)) continue;
    if (!/^\d+\.\d+\.\d+[\w.+-]*$/.test(version)) continue; // a range names no version to lock
    const flags = entry.dev ? { dev: true } : {};
    lock.packages[`node_modules/${name}`] = { version, ...flags, optional: true, ...platformOf(name) };
    added.push(`${name}@${version}`);
  }
}
if (added.length === 0) {
  console.log('package-lock.json names every optional platform package');
} else if (process.argv.includes('--check')) {
  console.error(
    `package-lock.json leaves out ${added.length} optional packages, and npm ci would refuse it:`,
  );
  console.error(`  ${added.join('\n  ')}\nrun: node scripts/maintain/complete-lockfile.mjs`);
  process.exitCode = 1;
} else {
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = Object.fromEntries(sorted);
  writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`added ${added.join(', ')}`);
}
