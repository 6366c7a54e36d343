import { describe, expect, it } from 'vitest';
import {
  assertNetworks,
  type CameraUrlRules,
  checkCameraUrl,
  DEFAULT_CAMERA_NETWORKS,
  redactUrl,
  splitCredentials,
  withCredentials,
} from './camera-url.ts';

const rules = (over: Partial<CameraUrlRules> = {}): CameraUrlRules => ({
  allowedNetworks: DEFAULT_CAMERA_NETWORKS,
  allowLoopback: false,
  resolve: async (host) => {
    const known: Record<string, string[]> = {
      'cam.school': ['192.168.4.20'],
      'mixed.school': ['192.168.4.20', '169.254.169.254'],
      'public.example': ['93.184.216.34'],
      localhost: ['127.0.0.1', '::1'],
      '2130706433': ['127.0.0.1'],
      '0x7f.1': ['127.0.0.1'],
    };
    const found = known[host];
    if (!found) throw new Error('ENOTFOUND');
    return found;
  },
  ...over,
});
const outcome = async (url: string, over?: Partial<CameraUrlRules>) => {
  const checked = await checkCameraUrl(url, rules(over));
  return checked.ok ? 'ok' : checked.code;
};

describe('checkCameraUrl', () => {
  it.each([
    'rtsp://192.168.1.20/stream1',
    'rtsps://10.1.2.3:322/Streaming/Channels/101?transport=tcp',
    'rtsp://admin:p%40ss@172.16.0.9:8554/live',
    'rtsp://admin:p@ss@172.16.0.9:8554/live',
    'rtsp://[fd12:3456::7]:554/ch1',
    'rtsp://cam.school/1',
  ])('allows %s', async (url) => {
    expect(await outcome(url)).toBe('ok');
  });

  it.each([
    ['http://192.168.1.20/', 'camera-url-scheme'],
    ['file:///etc/passwd', 'camera-url-scheme'],
    ['concat:rtsp://192.168.1.20/', 'camera-url-scheme'],
    ['pipe:0', 'camera-url-scheme'],
    ['', 'camera-url-invalid'],
    ['not a url', 'camera-url-invalid'],
    ['-i', 'camera-url-invalid'],
    ['rtsp://', 'camera-url-invalid'],
    ['rtsp:///stream', 'camera-url-invalid'],
    ['rtsp://-oProxy/stream', 'camera-url-invalid'],
    ['rtsp://192.168.1.20:99999/', 'camera-url-invalid'],
    ['rtsp://192.168.1.20:0/', 'camera-url-invalid'],
    ['rtsp://192.168.1.20/a b', 'camera-url-invalid'],
    ['rtsp://192.168.1.20/a\r\nX-Injected: 1', 'camera-url-invalid'],
    ['rtsp://user%0d%0a:x@192.168.1.20/', 'camera-url-invalid'],
    ['rtsp://192.168.1.20\\@10.0.0.1/', 'camera-url-invalid'],
    ['rtsp://192.168.1.%32%30/', 'camera-url-invalid'],
    [`rtsp://192.168.1.20/${'a'.repeat(3000)}`, 'camera-url-invalid'],
    ['rtsp://unknown.school/1', 'camera-host-unresolved'],
  ])('refuses %j as %s', async (url, code) => {
    expect(await outcome(url)).toBe(code);
  });

  it.each([
    'rtsp://127.0.0.1/',
    'rtsp://127.9.9.9/',
    'rtsp://localhost/',
    'rtsp://2130706433/',
    'rtsp://0x7f.1/',
    'rtsp://[::1]/',
    'rtsp://[::ffff:127.0.0.1]/',
    'rtsp://[::ffff:7f00:1]/',
    'rtsp://[::127.0.0.1]/',
    'rtsp://0.0.0.0/',
    'rtsp://[::]/',
    'rtsp://169.254.169.254/latest/meta-data/',
    'rtsp://[::ffff:169.254.169.254]/',
    'rtsp://[64:ff9b::a9fe:a9fe]/',
    'rtsp://[2002:a9fe:a9fe::1]/',
    'rtsp://[fe80::1]/',
    'rtsp://[fd00:ec2::254]/',
    'rtsp://224.0.0.1/',
    'rtsp://255.255.255.255/',
    'rtsp://[ff02::1]/',
    'rtsp://93.184.216.34/',
    'rtsp://public.example/',
    'rtsp://mixed.school/',
  ])('refuses %s as a forbidden target', async (url) => {
    expect(await outcome(url)).toBe('camera-url-forbidden');
  });

  it('allows loopback only when told, in every spelling', async () => {
    for (const url of ['rtsp://127.0.0.1:8554/c', 'rtsp://localhost/c', 'rtsp://[::ffff:127.0.0.1]/c']) {
      expect(await outcome(url, { allowLoopback: true })).toBe('ok');
    }
    expect(await outcome('rtsp://0.0.0.0/', { allowLoopback: true })).toBe('camera-url-forbidden');
  });

  it('never allows metadata addresses, however wide the configured networks are', async () => {
    const wide = { allowedNetworks: ['0.0.0.0/0', '::/0'] };
    expect(await outcome('rtsp://93.184.216.34/', wide)).toBe('ok');
    expect(await outcome('rtsp://169.254.169.254/', wide)).toBe('camera-url-forbidden');
    expect(await outcome('rtsp://127.0.0.1/', wide)).toBe('camera-url-forbidden');
    expect(await outcome('rtsp://[fe80::1]/', wide)).toBe('camera-url-forbidden');
  });

  it('pins the checked address and keeps the rest, and hides the credentials', async () => {
    const checked = await checkCameraUrl('rtsp://admin:s3cret@cam.school:8554/a/b?x=1#f', rules());
    expect(checked).toMatchObject({
      ok: true,
      host: 'cam.school',
      url: 'rtsp://admin:s3cret@cam.school:8554/a/b?x=1',
      pinned: 'rtsp://admin:s3cret@192.168.4.20:8554/a/b?x=1',
      redacted: 'rtsp://***@cam.school:8554/a/b?x=1',
    });
  });

  it('never puts credentials into a refusal', async () => {
    for (const url of [
      'rtsp://u:s3cret@8.8.8.8/',
      'rtsp://u:s3cret@nowhere/',
      'http://u:s3cret@a/',
      'rtsp://u:s3cret@[',
    ]) {
      const checked = await checkCameraUrl(url, rules());
      expect(JSON.stringify(checked)).not.toContain('s3cret');
    }
  });
});

describe('redactUrl', () => {
  it.each([
    ['rtsp://u:p@h/x', 'rtsp://***@h/x'],
    ['rtsp://u:p@ss@h/x', 'rtsp://***@h/x'],
    ['rtsp://h/x', 'rtsp://h/x'],
    ['rtsp://h/user=admin_password=tlJwpbo6_channel=1', 'rtsp://h/user=***_password=***_channel=1'],
    ['rtsp://h/x?pwd=abc&ch=1', 'rtsp://h/x?pwd=***&ch=1'],
    ['cannot open rtsp://u:p@h/x: timeout', 'cannot open rtsp://***@h/x: timeout'],
  ])('%s → %s', (url, redacted) => {
    expect(redactUrl(url)).toBe(redacted);
  });
});

describe('credentials', () => {
  it('come out and go back in, whatever they are made of', () => {
    const full = withCredentials('rtsp://192.168.1.2/s', 'ad min', 'p@:/%#ş');
    expect(splitCredentials(full)).toEqual({
      url: 'rtsp://192.168.1.2/s',
      username: 'ad min',
      password: 'p@:/%#ş',
    });
    expect(splitCredentials('rtsp://192.168.1.2/s')).toEqual({
      url: 'rtsp://192.168.1.2/s',
      username: null,
      password: null,
    });
  });
});

it('refuses networks that are not CIDR', () => {
  expect(() => assertNetworks(['10.0.0.0/33'])).toThrow(/10\.0\.0\.0\/33/);
  expect(() => assertNetworks(['camera-net'])).toThrow(/camera-net/);
  expect(() => assertNetworks(['10.0.0.0/8', 'fd00::/8', '192.168.1.5'])).not.toThrow();
});
