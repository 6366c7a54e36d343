import type { LiveAction, LiveView } from '../../../src/index.ts';
import { list } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { announce } from './notices.ts';

/** A class files in within a minute: marks are gathered and read out together. */
const GATHER_MS = 3_000;
const NAMED_AT_MOST = 4;

/** Tells a screen reader what happens on the live page, politely and never more often than it can be heard. */
export function createLiveAnnouncer(totals: () => { present: number; total: number }) {
  let names: string[] = [];
  let reviews = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const say = () => {
    timer = null;
    if (names.length > 0) {
      const named = list(names.slice(0, NAMED_AT_MOST)) + (names.length > NAMED_AT_MOST ? '…' : '');
      announce(t('announce.marked', { count: names.length, names: named, ...totals() }));
    }
    if (reviews > 0) announce(t('announce.reviewAsked', { count: reviews }));
    names = [];
    reviews = 0;
  };

  const later = () => {
    timer ??= setTimeout(say, GATHER_MS);
  };

  return {
    heard(before: LiveView, after: LiveView, action: LiveAction): void {
      if (before === after) return;
      if (action.type === 'attendance:marked') {
        names.push(action.payload.record.studentName);
        later();
      } else if (action.type === 'review:asked' && after.reviews.length > before.reviews.length) {
        reviews = after.reviews.length;
        later();
      } else if (action.type === 'stream:status') {
        const { streamId, state } = action.payload;
        const held = before.streams.find((stream) => stream.streamId === streamId);
        if (held?.state === state) return;
        const camera =
          after.session?.cameras.find((candidate) => candidate.streamId === streamId)?.name ?? '';
        announce(t('announce.stream', { camera, state: t(`stream.state.${state}`) }));
      } else if (action.type === 'session:closed') {
        announce(t('announce.closed'));
      }
    },
    dispose(): void {
      if (timer) clearTimeout(timer);
    },
  };
}
