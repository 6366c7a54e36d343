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
  const { runModels } = await import('../models/cli.ts');
  return runModels(args);
});
addCommand('analyze', 'attendance and attention of a video file, as JSON', async (args) => {
  const { runAnalyze } = await import('../pipeline/analyze-cli.ts');
  return runAnalyze(args);
});

try {
  if (process.argv.length <= 2) program.outputHelp();
  else await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  }
}
