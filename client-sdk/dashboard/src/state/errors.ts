import { ApiError } from '../../../src/index.ts';
import { en } from '../i18n/en.ts';
import { t } from '../i18n/index.ts';
import type { TextKey } from '../i18n/messages.ts';

type ErrorName = keyof typeof en.error;

const isErrorName = (code: string): code is ErrorName => code in en.error;

/** For codes without a text of their own: what the status alone says. */
const BY_STATUS: Record<number, ErrorName> = {
  400: 'invalid-request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  412: 'conflict',
  413: 'body-too-large',
  422: 'invalid-request',
  429: 'rate-limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

/** What went wrong, in the reader's words, and the reference for the log where it is the server's fault. */
export function errorText(error: unknown): string {
  if (!(error instanceof ApiError))
    return t('error.other', { code: error instanceof Error ? error.name : 'unknown' });
  if (isErrorName(error.code)) return t(`error.${error.code}`);
  const byStatus = BY_STATUS[error.status];
  if (byStatus) return t(`error.${byStatus}`);
  const text = t('error.other', { code: error.code });
  return error.requestId ? `${text} ${t('error.requestId', { id: error.requestId })}` : text;
}

/** The same for a code that came as part of an answer. */
export function errorCodeText(code: string): string {
  return isErrorName(code) ? t(`error.${code}`) : t('error.other', { code });
}

/** What is wrong with a line of a roster; the server's own English where there are no words for it. */
export function lineProblemText(code: string, message: string | null): string {
  const known = en.imports.lineProblem;
  return code in known ? t(`imports.lineProblem.${code as keyof typeof known}`) : (message ?? code);
}

/** The same for whoever sets a sign-in provider up, and can look what is wrong with it. */
export function providerErrorText(error: unknown): string {
  const unreachable = error instanceof ApiError && error.code === 'oidc-provider-unreachable';
  return unreachable ? t('providers.unreachable') : errorText(error);
}

/** The same for a camera that was tried: here `wrong-credentials` are the camera's, not the reader's. */
export function cameraErrorText(error: unknown): string {
  const reason =
    error instanceof ApiError && error.code === 'camera-no-picture' ? reasonIn(error.details) : null;
  if (!reason) return errorText(error);
  return [streamText('reason', reason), streamText('todo', reason)].filter(Boolean).join(' ');
}

function reasonIn(details: unknown): string {
  const reason =
    typeof details === 'object' && details !== null && 'reason' in details ? details.reason : null;
  return typeof reason === 'string' ? reason : 'unknown';
}

/** The words for a stream's reason, and for what a teacher can do about it. */
export function streamText(kind: 'reason' | 'todo', code: string): string {
  if (code in en.stream[kind]) return t(`stream.${kind}.${code}` as TextKey);
  return kind === 'reason' ? t('stream.reason.unknown') : '';
}
