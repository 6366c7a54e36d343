import { startTestServer } from './server.ts';

/**
 * A server in a process of its own, for tests that kill or freeze it: settings come as JSON in the first argument, its
 * address goes out as the first line. Without video workers.
 */
const server = await startTestServer({
  students: 0,
  env: JSON.parse(process.argv[2] ?? '{}') as Record<string, string>,
});
process.stdout.write(`${server.url}\n`);
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
