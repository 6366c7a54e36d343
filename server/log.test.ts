import { expect, it } from 'vitest';
import { createLog } from './log.ts';

it('keeps credentials and people’s data out of the log, wherever they come from', () => {
  const lines: string[] = [];
  const log = createLog({ log: { level: 'debug' } }, { write: (line: string) => void lines.push(line) });
  log.info(
    { password: 's3cret', user: { refresh_token: 's3cret' }, a: { b: { credentials: 's3cret' } } },
    'nested',
  );
  log.info('cannot open rtsp://admin:s3cret@192.168.1.4/stream');
  log.warn({ err: new Error('ffmpeg: rtsp://admin:s3cret@cam/1: timeout') }, 'failed');
  const query = Object.assign(new Error('Failed query: insert into students\nparams: s3cret,Ayşe'), {
    query: 'insert into students values (s3cret)',
    params: ['s3cret'],
    cause: Object.assign(new Error('duplicate key'), {
      detail: 'Key (email)=(s3cret) already exists',
      code: '23505',
    }),
  });
  log.error({ err: query }, 'request failed');
  const written = lines.join('');
  expect(lines).toHaveLength(4);
  expect(written).not.toContain('s3cret');
  expect(written).toContain('[hidden]');
  expect(written).toContain('rtsp://***@192.168.1.4/stream');
  expect(written).toContain('23505');
});
