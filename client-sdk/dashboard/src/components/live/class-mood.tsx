import { percent } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';

const EMOTIONS = ['neutral', 'happy', 'sad', 'angry', 'fearful', 'disgusted', 'surprised'] as const;
const SHOWN_AT_MOST = 2;

/** Comes only where the session's policy allows it, and only for the class as a whole. */
export function ClassMood({ shares }: { shares: Record<string, number> }) {
  const shown = EMOTIONS.map((name) => ({ name, share: shares[name] ?? 0 }))
    .sort((a, b) => b.share - a.share)
    .slice(0, SHOWN_AT_MOST);
  return (
    <div>
      <dt title={t('attention.moodHint')}>{t('attention.mood')}</dt>
      {shown.map(({ name, share }) => (
        <dd class="tabular" key={name}>
          {t(`attention.emotion.${name}`)} {percent(share)}
        </dd>
      ))}
    </div>
  );
}
