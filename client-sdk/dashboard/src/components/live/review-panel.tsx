import { Check, CircleCheck, X } from 'lucide';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Review } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import type { LiveStore } from '../../state/live-store.ts';
import { client } from '../../state/session.ts';
import { useShortcuts } from '../../state/shortcuts.ts';
import { BlobPicture } from '../blob-picture.tsx';
import { EmptyState } from '../feedback.tsx';
import { Icon } from '../icon.tsx';

/** Thresholds of the calibrated confidence: 0.5 asks for review, 0.8 would have been sure. */
export function confidenceWord(confidence: number): 'low' | 'middle' | 'high' {
  if (confidence >= 0.7) return 'high';
  return confidence >= 0.6 ? 'middle' : 'low';
}

export function ReviewPanel({ store }: { store: LiveStore }) {
  const reviews = store.view.value.reviews;
  const [chosenId, setChosenId] = useState<string | null>(null);
  const card = useRef<HTMLElement>(null);
  const at = Math.max(
    0,
    reviews.findIndex((review) => review.id === chosenId),
  );
  const current = reviews[at];
  const lastAt = useRef(0);

  // The answered question leaves the list: the one that takes its place is next.
  useEffect(() => {
    if (!current) return;
    if (!reviews.some((review) => review.id === chosenId)) {
      setChosenId(reviews[Math.min(lastAt.current, reviews.length - 1)]?.id ?? null);
    } else lastAt.current = at;
  });

  const move = (step: number) => {
    const next = reviews[(at + step + reviews.length) % reviews.length];
    if (!next) return;
    setChosenId(next.id);
    card.current?.focus();
  };
  const answer = (verdict: 'confirm' | 'reject') => {
    if (!current) return;
    store.answerReview(current.id, verdict);
    card.current?.focus();
  };
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    Enter: () => answer('confirm'),
    x: () => answer('reject'),
  });

  if (!current) {
    return (
      <section class="card" aria-label={t('review.title')}>
        <EmptyState icon={CircleCheck} title={t('review.empty')} hint={t('review.emptyHint')} />
      </section>
    );
  }
  return (
    <section class="card review-card" ref={card} tabindex={-1} aria-labelledby="review-title">
      <div class="panel-head">
        <h2 id="review-title">{t('review.title')}</h2>
        <span class="badge">{reviews.length}</span>
        <span class="small muted">{t('review.lead')}</span>
      </div>
      <Question
        review={current}
        position={t('review.position', { index: at + 1, count: reviews.length })}
        busy={store.answering.value.has(current.id)}
        onAnswer={answer}
      />
      {reviews.length > 1 && (
        <div class="review-queue">
          {reviews.map((review) => (
            <button
              type="button"
              key={review.id}
              aria-pressed={review.id === current.id}
              aria-label={t('review.isThis', { name: review.studentName })}
              onClick={() => setChosenId(review.id)}
            >
              <Face review={review} />
            </button>
          ))}
        </div>
      )}
    </section>
  );
}

interface QuestionProps {
  review: Review;
  position: string;
  busy: boolean;
  onAnswer(verdict: 'confirm' | 'reject'): void;
}

function Question({ review, position, busy, onAnswer }: QuestionProps) {
  return (
    <div class="review-main" data-review={review.id}>
      <Face review={review} />
      <div class="stack tight">
        <p>
          <strong>{t('review.isThis', { name: review.studentName })}</strong>
        </p>
        <p class="row wrap">
          <span class="chip" data-tone="warn">
            {t(`review.confidence.${confidenceWord(review.confidence)}`)}
          </span>
          <span class="small muted tabular">{position}</span>
        </p>
      </div>
      <div class="buttons">
        <button type="button" class="button good" disabled={busy} onClick={() => onAnswer('confirm')}>
          <Icon of={Check} />
          {t('review.confirm')}
        </button>
        <button type="button" class="button" disabled={busy} onClick={() => onAnswer('reject')}>
          <Icon of={X} />
          {t('review.reject')}
        </button>
      </div>
    </div>
  );
}

function Face({ review }: { review: Review }) {
  return (
    <BlobPicture
      of={review.id}
      load={() => (review.hasFace ? client.reviews.face(review.id) : Promise.reject(new Error('no face')))}
      label={t('review.face')}
      missing={t('review.noFace')}
    />
  );
}
