import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { SetupError } from './report.mjs';
import { cli, run, setting } from './run.mjs';
import { fingerprint, isStamped, stamp } from './stamp.mjs';

const folder = () => setting('MODELS_DIR') || join(homedir(), '.cache', 'yoklama', 'models');
const pack = () => setting('MODEL_PACK') || 'default';
const key = () =>
  fingerprint([folder(), pack()], ['models/manifest.json', 'models/convert', 'models/install.ts']);

function hasFiles() {
  return existsSync(folder()) && readdirSync(folder()).length > 0;
}

/** The face models: fetched, verified and converted once into a cache that later runs use offline. */
export const models = {
  title: 'installing the face models',
  done: () => isStamped('models', key()) && hasFiles(),
  async carryOut() {
    const code = await run(cli('bin/yoklama.mjs', 'models', 'install', '--pack', pack()), {
      env: process.env,
    });
    if (code !== 0) {
      throw new SetupError(
        'The face models could not be installed; the reason is above.',
        'Try `npm run yoklama -- models install` again where the npm registry can be reached, or point MODELS_DIR at a copy.',
      );
    }
    stamp('models', key());
  },
};
