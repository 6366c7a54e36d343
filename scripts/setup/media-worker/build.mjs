import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../run.mjs';

/** What Debian (12 and newer) calls the compiler, the build system and the libraries that the worker stands on. */
export const BUILD_PACKAGES = [
  ...['g++', 'ninja-build', 'meson', 'pkg-config', 'libssl-dev', 'libuv1-dev', 'libsrtp2-dev'],
  ...['libusrsctp-dev', 'libabsl-dev', 'libflatbuffers-dev', 'flatbuffers-compiler'],
];

const here = dirname(fileURLToPath(import.meta.url));

export function workerVersion(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
}

/**
 * Libraries that the sources expect as subprojects fetched from the network. Each is replaced by one that passes on the
 * system's: `dependencies` name what pkg-config knows, `archives` the targets that the parent names and never links.
 */
const SUBPROJECTS = {
  openssl: {
    lines: ["openssl_dep = dependency('openssl', version: '>=3.0')"],
    archives: ['libcrypto_lib', 'libssl_lib'],
  },
  libuv: {
    lines: ["libuv_dep = dependency('libuv')"],
    archives: ['libuv'],
    options: ['build_tests', 'build_benchmarks'],
  },
  usrsctp: {
    lines: ["usrsctp_dep = dependency('usrsctp')"],
    archives: ['usrsctp'],
    options: ['sctp_build_programs'],
  },
  'abseil-cpp': {
    lines: [
      "absl_container_dep = [dependency('absl_flat_hash_map'), dependency('absl_flat_hash_set'), dependency('absl_btree'), dependency('absl_inlined_vector')]",
      "absl_strings_dep = dependency('absl_strings')",
      "absl_types_dep = [dependency('absl_optional'), dependency('absl_memory')]",
    ],
    archives: ['absl_container_lib', 'absl_strings_lib', 'absl_types_lib'],
  },
  catch2: { lines: ['catch2_dep = declare_dependency()'] },
  flatbuffers: { lines: ["flatbuffers_dep = dependency('flatbuffers')"], archives: ['flatbuffers_lib'] },
  libsrtp3: {
    lines: [
      "libsrtp3_dep = declare_dependency(include_directories: include_directories('.'), dependencies: dependency('libsrtp2'))",
    ],
    archives: ['libsrtp3'],
    options: ['crypto-library', 'crypto-library-kdf', 'tests'],
  },
};

/**
 * Builds the worker of the mediasoup package in `folder` and leaves it at `result`.
 * @returns {Promise<string | null>} what went wrong, in words
 */
export async function buildWorker(folder, result) {
  const work = await mkdtemp(join(tmpdir(), 'media-worker-'));
  try {
    const source = join(work, 'source');
    cpSync(join(folder, 'worker'), source, { recursive: true });
    adapt(source);
    const steps = [
      ['meson', 'setup', 'build', '--wrap-mode=nodownload', '--buildtype=release'].concat([
        '-Db_ndebug=true',
        '-Dms_disable_liburing=true',
      ]),
      ['meson', 'compile', '-C', 'build', 'flatbuffers-generator'],
      ['meson', 'compile', '-C', 'build', '-j', String(availableParallelism()), 'mediasoup-worker'],
      ['strip', join('build', 'mediasoup-worker')],
    ];
    for (const step of steps) {
      if ((await run(step, { cwd: source, quiet: true })) !== 0) {
        return `the build failed at \`${step.slice(0, 3).join(' ')}\``;
      }
    }
    mkdirSync(dirname(result), { recursive: true });
    const part = `${result}.${process.pid}`;
    cpSync(join(source, 'build', 'mediasoup-worker'), part);
    await rename(part, result);
    return null;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What nearly every file of the sources includes: read once for all of them, a third of the compiler's work is saved. */
const COMMON_HEADERS = [
  ...['common.hpp', 'Logger.hpp', 'MediaSoupErrors.hpp', 'Utils.hpp', 'RTC/Shared.hpp'].map(
    (name) => `"${name}"`,
  ),
  ...['chrono', 'map', 'sstream', 'string', 'unordered_map', 'uv.h', 'vector'].map((name) => `<${name}>`),
];

/** Makes the sources build on a system's libraries, with nothing fetched. */
function adapt(source) {
  rmSync(join(source, 'out'), { recursive: true, force: true });
  rmSync(join(source, 'subprojects'), { recursive: true, force: true });
  // The files need nothing that Debian's older meson lacks.
  edit(join(source, 'meson.build'), /meson_version: *'[^']*'/, "meson_version: '>= 1.0.0'");
  mkdirSync(join(source, 'pch'));
  writeFileSync(
    join(source, 'pch', 'worker.hpp'),
    COMMON_HEADERS.map((header) => `#include ${header}\n`).join(''),
  );
  edit(join(source, 'meson.build'), /executable\(\s*'mediasoup-worker',/, "$&\n  cpp_pch: 'pch/worker.hpp',");
  // BIO_CB_RETURN is a flag among others. Compared for equality, the callback also answers questions that OpenSSL
  // asks of it; with kernel TLS compiled in, as in Debian, one such answer ends in a null buffer at the first handshake.
  edit(
    join(source, 'src', 'RTC', 'DtlsTransport.cpp'),
    '(operationType == BIO_CB_RETURN)',
    '((operationType & BIO_CB_RETURN) != 0)',
  );
  for (const [name, { lines, archives = [], options = [] }] of Object.entries(SUBPROJECTS)) {
    const folder = join(source, 'subprojects', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'empty.cpp'), '');
    const empty = "empty = static_library('empty', 'empty.cpp')";
    const targets = archives.map((target) => `${target} = empty`);
    writeFileSync(
      join(folder, 'meson.build'),
      [`project('${name}', 'cpp')`, empty, ...lines, ...targets, ''].join('\n'),
    );
    const accepted = options.map((option) => `option('${option}', type: 'string', value: '')\n`);
    writeFileSync(join(folder, 'meson_options.txt'), accepted.join(''));
  }
  cpSync(join(here, 'srtp.h'), join(source, 'subprojects', 'libsrtp3', 'srtp.h'));
}

/** A correction that no longer fits is an error: the sources have changed and want to be looked at. */
function edit(path, from, to) {
  const text = readFileSync(path, 'utf8');
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`${path} has nothing like ${from}`);
  writeFileSync(path, changed);
}
