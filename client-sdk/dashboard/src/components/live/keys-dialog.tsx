import { t } from '../../i18n/index.ts';
import { shortcutsOn } from '../../state/shortcuts.ts';
import { Dialog } from '../dialog.tsx';
import { Switch } from '../field.tsx';

const KEYS = [
  [['J'], 'keys.next'],
  [['K'], 'keys.previous'],
  [['Enter'], 'keys.confirm'],
  [['X'], 'keys.reject'],
  [['/'], 'keys.search'],
  [['C'], 'keys.camera'],
  [['←', '→', '↑', '↓'], 'keys.arrows'],
  [['Esc'], 'keys.escape'],
  [['?'], 'keys.help'],
] as const;

export function KeysDialog({ onClose }: { onClose(): void }) {
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <p class="muted">{t('keys.lead')}</p>
      <dl class="keys">
        {KEYS.map(([keys, text]) => [
          <dt key={text}>
            {keys.map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dt>,
          <dd key={`${text}-what`}>{t(text)}</dd>,
        ])}
      </dl>
      <Switch
        label={t('keys.on')}
        hint={t('keys.onHint')}
        checked={shortcutsOn.value}
        onChange={(on) => {
          shortcutsOn.value = on;
        }}
      />
    </Dialog>
  );
}
