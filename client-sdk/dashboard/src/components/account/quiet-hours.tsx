import { useEffect, useState } from 'preact/hooks';
import type { NotificationChoices, NotificationPreferences } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { TextField } from '../field.tsx';

type Kind = 'institution' | 'own' | 'none';
type Chosen = Exclude<NotificationChoices['quietHours'], undefined>;

interface QuietHoursProps {
  of: NotificationPreferences;
  busy: boolean;
  onChoose(hours: Chosen): void;
}

function kindOf({ quietHours, quietHoursOwn }: NotificationPreferences): Kind {
  if (!quietHoursOwn) return 'institution';
  return quietHours ? 'own' : 'none';
}

export function QuietHours({ of, busy, onChoose }: QuietHoursProps) {
  const stored = kindOf(of);
  const [kind, setKind] = useState<Kind>(stored);
  const [from, setFrom] = useState(of.quietHours?.from ?? '22:00');
  const [until, setUntil] = useState(of.quietHours?.until ?? '07:00');
  useEffect(() => setKind(stored), [stored]);

  const choose = (next: Kind) => {
    setKind(next);
    // Hours of one's own are stored once they have been looked at.
    if (next === 'institution') onChoose('institution');
    if (next === 'none') onChoose(null);
  };
  const texts = {
    institution: t('me.quietInstitution'),
    own: t('me.quietOwn'),
    none: t('me.quietNone'),
  };
  return (
    <fieldset class="stack tight">
      <legend>
        <h3>{t('me.quiet')}</h3>
      </legend>
      <p class="small muted">{t('me.quietLead')}</p>
      {(['institution', 'own', 'none'] as const).map((id) => (
        <label class="radio" key={id}>
          <input
            type="radio"
            name="quiet-hours"
            checked={kind === id}
            disabled={busy}
            onChange={() => choose(id)}
          />
          <span>
            {texts[id]}
            {id === stored && of.quietHours && (
              <span class="muted tabular"> · {t('me.quietNow', of.quietHours)}</span>
            )}
          </span>
        </label>
      ))}
      {kind === 'own' && (
        <div class="stack tight">
          <div class="form-grid">
            <TextField label={t('me.quietFrom')} value={from} onValue={setFrom} input={{ type: 'time' }} />
            <TextField
              label={t('me.quietUntil')}
              value={until}
              onValue={setUntil}
              problem={from === until ? t('me.quietSame') : null}
              input={{ type: 'time' }}
            />
          </div>
          <div>
            <button
              type="button"
              class="button"
              disabled={busy || !from || !until || from === until}
              onClick={() => onChoose({ from, until })}
            >
              {t('me.quietSave')}
            </button>
          </div>
        </div>
      )}
    </fieldset>
  );
}
