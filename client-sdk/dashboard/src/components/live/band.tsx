import type { Band } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';

/** A band is a word; the three bars beside it only make it quicker to find. */
export function BandMark({ band }: { band: Band }) {
  return (
    <span class="band" data-band={band}>
      <span class="bars" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {t('attention.bandOf', { band: t(`attention.band.${band}`) })}
    </span>
  );
}
