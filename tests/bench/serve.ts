import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../../config/paths.ts';
import { ADMIN_EMAIL, PASSWORD } from '../support/server.ts';

/** The whole server in a process of its own, as `yoklama serve` runs it. */
export async function startServe(
  dataDir: string,
  env: Record<string, string> = {},
): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [join(projectRoot, 'bin/yoklama.mjs'), 'serve'], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...{
        NODE_ENV: 'test',
        PORT: '0',
        DATA_DIR: dataDir,
        LOG_LEVEL: 'error',
        CAMERA_ALLOW_LOOPBACK: 'true',
      },
      ...{ ADMIN_EMAIL, ADMIN_PASSWORD: PASSWORD, PIPELINE_FPS: '5' },
      ...env,
    },
  });
  let said = '';
  for await (const chunk of child.stdout!) {
    said += String(chunk);
    const url = /http:\/\/\S+/.exec(said)?.[0];
    if (url) return { child, url };
  }
  throw new Error(`the server did not start: ${said}`);
}
