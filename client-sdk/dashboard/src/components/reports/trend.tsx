import { Minus, TrendingDown, TrendingUp } from 'lucide';
import { number } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { Icon } from '../icon.tsx';

/** Smaller changes, in percentage points, are noise. */
const STEADY_POINTS = 0.5;

/** Percentage points against the period before: an arrow, a number, and words for who sees neither. */
export function Trend({ points }: { points: number | null }) {
  if (points === null) return <span class="muted">–</span>;
  const steady = Math.abs(points) < STEADY_POINTS;
  const up = points > 0;
  const value = number(Math.round(Math.abs(points) * 10) / 10);
  const words = steady ? t('reports.steady') : t(up ? 'reports.up' : 'reports.down', { value });
  return (
    <span class="trend tabular" data-way={steady ? 'steady' : up ? 'up' : 'down'}>
      <Icon of={steady ? Minus : up ? TrendingUp : TrendingDown} size={15} />
      <span aria-hidden="true">{steady ? number(0) : `${up ? '+' : '−'}${value}`}</span>
      <span class="visually-hidden">{words}</span>
    </span>
  );
}
