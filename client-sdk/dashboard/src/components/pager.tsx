import { ChevronLeft, ChevronRight } from 'lucide';
import { number } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { Icon } from './icon.tsx';

interface PagerProps {
  page: { total: number; skip: number; limit: number };
  onSkip(skip: number): void;
}

/** Says which part of a long list is shown and leads to the next; nothing where the list is short. */
export function Pager({ page: { total, skip, limit }, onSkip }: PagerProps) {
  if (total <= limit && skip === 0) return null;
  const last = Math.min(total, skip + limit);
  return (
    <nav class="pager" aria-label={t('paging.label')}>
      <button
        type="button"
        class="button small"
        disabled={skip === 0}
        onClick={() => onSkip(Math.max(0, skip - limit))}
      >
        <Icon of={ChevronLeft} size={16} />
        {t('paging.previous')}
      </button>
      <span class="small muted tabular" role="status">
        {t('paging.shown', { from: number(skip + 1), to: number(last), total: number(total) })}
      </span>
      <button
        type="button"
        class="button small"
        disabled={last >= total}
        onClick={() => onSkip(skip + limit)}
      >
        {t('paging.next')}
        <Icon of={ChevronRight} size={16} />
      </button>
    </nav>
  );
}
