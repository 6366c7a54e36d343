import { EMOTION_LABELS } from '../../pipeline/messages.ts';

const LABEL = new RegExp(`(^|[^\\p{L}])(${EMOTION_LABELS.join('|')})($|[^\\p{L}])`, 'iu');
/** Of the worker that reads them all: server/streaming/fixtures/reading-worker.ts. */
const SHARE = 0.9135791;
const SHARE_TEXT = /0[.,]91357|\b91[.,]4 ?%/;

/** Every place in a payload, a row or a page where an emotion stands: a label, a share, or a field for either. */
export function findEmotions(value: unknown, path = ''): string[] {
  if (typeof value === 'string') return inText(value) ? [path] : [];
  if (typeof value === 'number') return Math.abs(value - SHARE) < 1e-4 ? [path] : [];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, part]) => {
    const at = path === '' ? key : `${path}.${key}`;
    const named = LABEL.test(key) || (/emotion|affect/i.test(key) && !saysNone(at, part));
    return named ? [at] : findEmotions(part, at);
  });
}

/** What a payload under a policy without emotions may say of them: that there are none. */
function saysNone(path: string, value: unknown): boolean {
  if (value === false || value === 'off') return true;
  // For how long they would be kept, by the kind of data: a number of days, also for kinds that there is nothing of.
  if (/retention(Days)?\.emotion$/.test(path)) return true;
  return (value as { mode?: unknown } | null)?.mode === 'off';
}

export function inText(text: string): boolean {
  if (/^\s*[[{]/.test(text)) {
    try {
      return findEmotions(JSON.parse(text) as unknown).length > 0;
    } catch {
      // No JSON after all.
    }
  }
  return LABEL.test(text) || SHARE_TEXT.test(text);
}
