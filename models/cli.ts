import { Presets, SingleBar } from 'cli-progress';
import { Command, Option } from 'commander';
import { type InstallProgress, installPack, verifyPack } from './install.ts';
import { builtInPacks, resolvePack } from './manifest.ts';

export interface ModelsCommandDefaults {
  /** The configured pack and folder. */
  pack: string;
  dir: string;
}

/**
 * `yoklama models [list|install|verify]`. Progress goes to stderr, results to stdout; failures are thrown as
 * ModelError for the entry file to print.
 */
export function modelsCommand(defaults: ModelsCommandDefaults): Command {
  const pack = () =>
    new Option('--pack <name|path>', 'built-in pack or manifest file').default(defaults.pack);
  const dir = () => new Option('--dir <path>', 'where the models lie').default(defaults.dir);
  const models = new Command('models').description('list, install or verify face models');

  models
    .command('list', { isDefault: true })
    .description('show packs and what is in them')
    .addOption(pack())
    .addOption(dir())
    .action(async (options: { pack: string; dir: string }) => {
      for (const name of new Set([...builtInPacks(), options.pack])) await printPack(name, options);
    });

  models
    .command('install')
    .description('download and prepare what is missing')
    .addOption(pack())
    .addOption(dir())
    .option('--registry <url>', 'npm registry to take packages from')
    .action(async (options: { pack: string; dir: string; registry?: string }) => {
      const bar = progressBar();
      try {
        const files = await installPack({ ...options, onProgress: bar.show });
        bar.stop();
        console.log(
          `${files.length} models of pack "${resolvePack(options.pack).name}" are in ${options.dir}`,
        );
      } finally {
        bar.stop();
      }
    });

  models
    .command('verify')
    .description('compare installed files with the manifest; needs no network')
    .addOption(pack())
    .addOption(dir())
    .action(async (options: { pack: string; dir: string }, command: Command) => {
      const files = await verifyPack(options);
      for (const { model, state, path } of files)
        console.log(`${state.padEnd(9)} ${model.padEnd(10)} ${path}`);
      const bad = files.filter((file) => file.state !== 'ok').length;
      if (bad > 0) {
        command.error(
          `${bad} of ${files.length} files cannot be used: run "yoklama models install --pack ${options.pack}"`,
        );
      }
    });
  return models;
}

async function printPack(name: string, { pack, dir }: ModelsCommandDefaults): Promise<void> {
  const { title, note, models } = resolvePack(name);
  const files = await verifyPack({ pack: name, dir });
  const installed = files.every((file) => file.state === 'ok') ? 'installed' : 'not installed';
  console.log(`${name}${name === pack ? ' (configured)' : ''}: ${title} (${installed})\n  ${note}`);
  for (const [role, { summary, licence, bytes }] of Object.entries(models)) {
    console.log(
      `  ${role.padEnd(10)} ${`${(bytes / 1e6).toFixed(1)} MB`.padStart(8)}  ${summary} · ${licence}`,
    );
  }
}

/** One bar a download, one for preparing; plain lines where stderr is no terminal. */
export function progressBar(stream: NodeJS.WriteStream = process.stderr) {
  let bar: SingleBar | null = null;
  let current = '';
  const stop = () => {
    bar?.stop();
    bar = null;
  };
  const begin = (title: string, total: number) => {
    stop();
    current = title;
    const format = `{bar} {percentage}%  ${title}`;
    bar = new SingleBar(
      { format, stream, noTTYOutput: true, notTTYSchedule: 5_000, hideCursor: true },
      Presets.shades_classic,
    );
    bar.start(total, 0);
  };
  const show = (progress: InstallProgress) => {
    if (progress.phase === 'ready') return stop();
    const title = progress.phase === 'download' ? `download ${progress.from}` : 'prepare models';
    const total =
      progress.phase === 'download' ? (progress.totalBytes ?? progress.receivedBytes) : progress.of;
    if (title !== current || !bar) begin(title, total);
    bar?.update(progress.phase === 'download' ? progress.receivedBytes : progress.done + 1);
  };
  return { show, stop };
}
