#!/usr/bin/env node
// The command line. Sources are TypeScript, run as they are: tsx is registered first, and each command loads
// only the rooms it needs.

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { register } from 'tsx/esm/api';

const { version, description } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

register();

const program = new Command('yoklama')
  .description(description)
  .version(version)
  .exitOverride()
  .showHelpAfterError();

/** A command that parses its own arguments: we only name it and hand over. */
function addCommand(name, summary, start) {
  program
    .command(name)
    .description(summary)
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .passThroughOptions()
    .argument('[arguments...]')
    .action(async (args) => {
      const exitCode = await start(args);
      if (typeof exitCode === 'number') process.exitCode = exitCode;
    });
}

program.enablePositionalOptions();
addCommand('serve', 'run the server: API, live sockets, dashboard', async () => {
  const { serve } = await import('../server/main.ts');
  return serve();
});
addCommand('demo', 'a rendered classroom as a camera, students enrolled, a session open', async (args) => {
  const { runDemo } = await import('../scripts/demo/main.ts');
  return runDemo(args);
});
addCommand('models', 'list, install or verify the face models', async (args) => {
  const { modelsCommand } = await import('../models/cli.ts');
  const { loadConfig } = await import('../config/index.ts');
  await modelsCommand(loadConfig().models).exitOverride().parseAsync(args, { from: 'user' });
});
addCommand('analyze', 'attendance and attention of a video file, as JSON', async (args) => {
  const { runAnalyze } = await import('../pipeline/analyze-cli.ts');
  return runAnalyze(args);
});
addCommand(
  'rotate-master-key',
  'wrap all keys with a new master key; the server must be stopped',
  async () => {
    const { runRotateMasterKey } = await import('../server/features/privacy/master-key.ts');
    const { loadConfig } = await import('../config/index.ts');
    return runRotateMasterKey(loadConfig());
  },
);
addCommand('recover', 'a new password for an account, and no second factor', async (args) => {
  const { runRecover } = await import('../server/features/users/recover.ts');
  const { loadConfig } = await import('../config/index.ts');
  return runRecover(loadConfig(), args);
});
addCommand('backup', 'copy database and files into one encrypted file', async (args) => {
  const { backupCommand } = await import('../server/backup/cli.ts');
  await backupCommand(args);
});
addCommand('restore', 'put a backup in the place of database and files', async (args) => {
  const { restoreCommand } = await import('../server/backup/cli.ts');
  await restoreCommand(args);
});

try {
  if (process.argv.length <= 2) program.outputHelp();
  else await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

/** Errors that were meant for people have a code or say so by their name: their message is enough. */
function explain(error) {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const isForPeople =
    error instanceof Error && (typeof error.code === 'string' || error.name === 'ConfigError');
  process.stderr.write(`yoklama: ${isForPeople ? error.message : (error?.stack ?? String(error))}\n`);
  return 1;
}
