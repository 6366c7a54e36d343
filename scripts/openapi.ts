/**
 * Writes the API's description and the client's types made from it, so that neither is ever written by hand:
 *
 *   node --import tsx scripts/openapi.ts           write client-sdk/generated/{openapi.json,api.d.ts}
 *   node --import tsx scripts/openapi.ts --check   fail where they are not what the server says today
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { pino } from 'pino';
import { loadConfig } from '../config/index.ts';
import { projectRoot } from '../config/paths.ts';
import { buildApp } from '../server/app.ts';
import { documentContext } from '../server/context.ts';

const folder = join(projectRoot, 'client-sdk', 'generated');

/** The same on every machine: no setting of this one shows in it. */
async function describe(): Promise<string> {
  const app = await buildApp(documentContext(loadConfig({}), pino({ level: 'silent' })));
  try {
    await app.ready();
    return `${JSON.stringify(app.swagger(), null, 2)}\n`;
  } finally {
    await app.close();
  }
}

async function typesOf(description: string): Promise<string> {
  const nodes = await openapiTS(JSON.parse(description) as OpenAPI3, { alphabetize: true });
  return `// Made from openapi.json by scripts/openapi.ts; changes belong into the server's schemas.\n\n${astToString(nodes)}`;
}

const description = await describe();
const files: [path: string, content: string][] = [
  [join(folder, 'openapi.json'), description],
  [join(folder, 'api.d.ts'), await typesOf(description)],
];
const isCheck = process.argv.includes('--check');
await mkdir(folder, { recursive: true });
let stale = 0;
for (const [path, content] of files) {
  const old = await readFile(path, 'utf8').catch(() => null);
  if (old === content) continue;
  stale += 1;
  if (isCheck) console.error(`${relative(projectRoot, path)} is not what the server says today`);
  else await writeFile(path, content);
}
if (isCheck && stale > 0) console.error('run: node --import tsx scripts/openapi.ts');
if (!isCheck) console.log(stale > 0 ? `${stale} files written` : 'everything was current');
process.exit(isCheck && stale > 0 ? 1 : 0);
