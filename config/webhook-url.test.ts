import { describe, expect, it } from 'vitest';
import { checkWebhookUrl, type WebhookUrlRules } from './webhook-url.ts';

const outcome = async (url: string, over: Partial<WebhookUrlRules> = {}) => {
  const known: Record<string, string[]> = {
    'lms.example': ['93.184.216.34'],
    'inside.example': ['10.20.0.5'],
    'mixed.example': ['93.184.216.34', '169.254.169.254'],
    'mapped.example': ['::ffff:10.0.0.1'],
    localhost: ['127.0.0.1'],
  };
  const found = await checkWebhookUrl(url, {
    allowedNetworks: [],
    allowLoopback: false,
    allowHttp: false,
    resolve: async (host) => known[host] ?? [],
    ...over,
  });
  return found.ok ? found.address : found.code;
};

describe('checkWebhookUrl', () => {
  it('lets https to public addresses through', async () => {
    expect(await outcome('https://lms.example/hook?x=1#part')).toBe('93.184.216.34');
    expect(await outcome('https://[2606:2800:220:1:248:1893:25c8:1946]/')).toBe(
      '2606:2800:220:1:248:1893:25c8:1946',
    );
  });

  it.each([
    'https://169.254.169.254/latest/meta-data',
    'https://[fd00:ec2::254]/',
    'https://10.0.0.1/',
    'https://192.168.1.1/',
    'https://172.31.0.1/',
    'https://100.64.0.1/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[64:ff9b::10.0.0.1]/',
    'https://0.0.0.0/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://mixed.example/',
    'https://mapped.example/',
    'https://inside.example/',
    'https://localhost/',
    'https://[fe80::1]/',
    'https://224.0.0.1/',
  ])('refuses %s', async (url) => {
    expect(await outcome(url)).toBe('webhook-url-forbidden');
  });

  it('lets the institution’s own networks through where they are named, metadata never', async () => {
    expect(await outcome('https://inside.example/', { allowedNetworks: ['10.20.0.0/16'] })).toBe('10.20.0.5');
    expect(await outcome('https://169.254.169.254/', { allowedNetworks: ['0.0.0.0/0'] })).toBe(
      'webhook-url-forbidden',
    );
  });

  it('wants https, except to loopback outside production', async () => {
    expect(await outcome('http://lms.example/')).toBe('webhook-url-scheme');
    expect(await outcome('http://lms.example/', { allowHttp: true, allowLoopback: true })).toBe(
      'webhook-url-scheme',
    );
    expect(await outcome('http://localhost:80/', { allowHttp: true, allowLoopback: true })).toBe('127.0.0.1');
    expect(await outcome('ftp://lms.example/')).toBe('webhook-url-scheme');
  });

  it('refuses what it cannot read, credentials and unknown names', async () => {
    expect(await outcome('lms.example')).toBe('webhook-url-invalid');
    expect(await outcome('https://user:pass@lms.example/')).toBe('webhook-url-invalid');
    expect(await outcome('https://nowhere.example/')).toBe('webhook-host-unresolved');
  });
});
