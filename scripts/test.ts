/**
 * `npm test [vitest arguments]`: all test projects, and one plain line at the very end,
 * `N passed, N failed, N skipped`, for people and programs that read only that.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { projectRoot } from '../config/paths.ts';

interface FileReport {
  name: string;
  status: string;
  assertionResults: unknown[];
  startTime: number;
  endTime: number;
}

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: FileReport[];
}

const reportFile = join(projectRoot, 'tests', '.output', 'vitest.json');
mkdirSync(dirname(reportFile), { recursive: true });
rmSync(reportFile, { force: true });

const child = spawn(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...process.argv.slice(2),
  ],
  { cwd: projectRoot, stdio: 'inherit' },
);
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code) => process.exit(conclude(code ?? 1)));

function conclude(code: number): number {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
  } catch {
    console.log('\nthe test runner left no report\n0 passed, 1 failed');
    return code || 1;
  }
  // A file that fails before its first test has no test to count: it counts as one.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  for (const file of brokenFiles) console.log(`could not be run: ${file.name}`);
  sayLongest(report.testResults);
  const passed = report.numPassedTests;
  const failed = report.numFailedTests + brokenFiles.length;
  const skipped = report.numPendingTests + report.numTodoTests;
  const wrong = failed > 0 || passed === 0;
  // vitest also fails for what happens outside of tests, such as an unhandled rejection
  const hidden = code !== 0 && !wrong ? 1 : 0;
  console.log(`\n${passed} passed, ${failed + hidden} failed, ${skipped} skipped`);
  return code !== 0 ? code : wrong ? 1 : 0;
}

/** Whoever wants a shorter run begins with these. */
function sayLongest(files: FileReport[]): void {
  const seconds = ({ startTime, endTime }: FileReport) => (endTime - startTime) / 1000;
  const longest = files.toSorted((a, b) => seconds(b) - seconds(a)).slice(0, 10);
  if (files.length <= longest.length) return;
  console.log('\nthe longest files, in seconds');
  for (const file of longest)
    console.log(`${seconds(file).toFixed(1).padStart(7)}  ${relative(projectRoot, file.name)}`);
}
