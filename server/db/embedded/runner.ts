import { spawnSync } from 'node:child_process';
import { chmod, chown, mkdir } from 'node:fs/promises';

/** Who Postgres runs as: it refuses root, so as root it becomes `nobody`. Empty: the user we are. */
export interface RunAs {
  uid?: number;
  gid?: number;
}

export function runAs(): RunAs {
  if (process.getuid?.() !== 0) return {};
  const read = (flag: string) => {
    const asked = spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' });
    const number = Number(asked.stdout);
    if (asked.status !== 0 || !Number.isInteger(number)) {
      throw new Error('Started as root, but there is no user "nobody" that Postgres could run as.');
    }
    return number;
  };
  return { uid: read('-u'), gid: read('-g') };
}

/** A folder that only Postgres's user may enter. */
export async function privateFolder(path: string, as: RunAs): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (as.uid !== undefined && as.gid !== undefined) await chown(path, as.uid, as.gid);
  await chmod(path, 0o700);
}

/** Whether that user can enter a folder: every folder above counts, and access lists too, so it is tried. */
export function canEnter(path: string, as: RunAs): boolean {
  return (
    spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', path], { ...as, cwd: '/', stdio: 'ignore' }).status === 0
  );
}

/** Whether that user can run a program. */
export function canRun(program: string, as: RunAs): boolean {
  return spawnSync(program, ['--version'], { ...as, cwd: '/', stdio: 'ignore' }).status === 0;
}
