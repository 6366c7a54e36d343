import { t } from '../../i18n/index.ts';

/** What the person who decided wrote. */
export function Answer({ text }: { text: string | null }) {
  if (!text) return null;
  return (
    <p class="answer">
      <strong class="small">{t('mine.answerOf')}</strong>
      <br />
      {text}
    </p>
  );
}
