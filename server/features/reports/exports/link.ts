import { createHmac, timingSafeEqual } from 'node:crypto';

/** Who holds the link may fetch one file until a moment; nothing else is needed, so that it can be opened anywhere. */
export interface LinkTarget {
  tenantId: string;
  reportId: string;
  /** Epoch seconds. */
  expires: number;
}

const TOKEN = /^([0-9a-f-]{36})\.([0-9]{9,12})\.([A-Za-z0-9_-]{43})$/;

/** `TENANT.EXPIRES.MAC`, the MAC over both and the report's id: HMAC-SHA-256. */
export function signLink(key: Buffer, { tenantId, reportId, expires }: LinkTarget): string {
  return `${tenantId}.${expires}.${mac(key, `${tenantId}.${reportId}.${expires}`).toString('base64url')}`;
}

/** Null: changed, for another report, or past its time. */
export function readLink(key: Buffer, reportId: string, token: string, nowMs: number): LinkTarget | null {
  const [, tenantId, expires, given] = TOKEN.exec(token) ?? [];
  if (!tenantId || !expires || !given) return null;
  const right = mac(key, `${tenantId}.${reportId}.${expires}`);
  const said = Buffer.from(given, 'base64url');
  if (said.length !== right.length || !timingSafeEqual(said, right)) return null;
  return Number(expires) * 1000 > nowMs ? { tenantId, reportId, expires: Number(expires) } : null;
}

function mac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** `Content-Disposition` of a download: ASCII for old readers, UTF-8 for all others (RFC 6266, RFC 5987). */
export function attachment(name: string): string {
  const ascii = name
    .normalize('NFKD')
    .replace(/ı/g, 'i')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^\x20-\x7e]/g, '_')
    .replace(/["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

/** A name that every file system takes. */
export function fileNameOf(name: string, ending: string): string {
  const clean = name
    .replace(/[\p{Cc}/\\:*?"<>|]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return `${[...clean].slice(0, 120).join('')}.${ending}`;
}
