import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../config/index.ts';
import { iceServers } from './turn.ts';

const NOW = 1_700_000_000_000;
const servers = (env: Record<string, string>) =>
  iceServers(loadConfig({ NODE_ENV: 'test', ...env }).webrtc, 'stream', NOW);

describe('iceServers', () => {
  it('are none by default', () => {
    expect(servers({})).toEqual([]);
  });

  it('carry credentials that a TURN server can check and that expire', () => {
    const [stun, turn] = servers({
      TURN_URLS: 'stun:a.example:3478,turn:b.example:3478?transport=tcp,turns:b.example:443',
      TURN_SECRET: 'shared secret of both',
    });
    expect(stun).toEqual({ urls: ['stun:a.example:3478'] });
    expect(turn!.urls).toEqual(['turn:b.example:3478?transport=tcp', 'turns:b.example:443']);
    const [expires, who] = turn!.username!.split(':');
    expect(who).toBe('stream');
    expect(Number(expires) - NOW / 1000).toBe(12 * 3600);
    const password = createHmac('sha1', 'shared secret of both').update(turn!.username!).digest('base64');
    expect(turn!.credential).toBe(password);
  });
});
