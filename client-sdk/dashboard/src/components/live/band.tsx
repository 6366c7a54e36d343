import type { Band } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';

/** A band is a word; the three bars beside it only make it quicker to find. */
export function BandMark({ band, short }: { band: Band; short?: boolean }) {
  return (
    <span class="band" data-band={band}>
      <span class="bars" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {short ? <ShortBand band={band} /> : t('attention.bandOf', { band: t(`attention.band.${band}`) })}
    </span>
  );
}

/** Where every line has one, the word “attention” is left to the screen reader. */
function ShortBand({ band }: { band: Band }) {
  return (
    <>
      <span class="visually-hidden">{t('attention.value')}: </span>
      {t(`attention.band.${band}`)}
    </>
  );
}
