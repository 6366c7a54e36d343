import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../i18n/index.ts';
import { client } from '../../state/session.ts';
import { TextField } from '../field.tsx';
import { GateHead } from './gate.tsx';
import { GateForm } from './gate-form.tsx';

const SIX_DIGITS = /^\d{3} ?\d{3}$/;

/** What is asked after the password, of accounts with a second factor. */
export function SecondFactorStep({ challenge, onAgain }: { challenge: string; onAgain(): void }) {
  const [backup, setBackup] = useState(false);
  const [code, setCode] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const given = code.trim();
  const fits = backup ? given.length >= 8 : SIX_DIGITS.test(given);

  // Both kinds of code are typed into the same field, which is where the keyboard goes on.
  useEffect(() => {
    input.current?.focus();
  }, [backup]);

  const send = async () => {
    try {
      await client.auth.secondFactor({ challenge, ...(backup ? { backupCode: given } : { code: given }) });
    } catch (error) {
      input.current?.select();
      throw error;
    }
  };
  return (
    <GateForm
      problems={{ code: fits ? null : backup ? t('gate.backupMissing') : t('gate.codeMissing') }}
      submit={t('gate.codeSubmit')}
      send={send}
      head={
        <GateHead title={t('gate.codeTitle')} lead={backup ? t('gate.backupLead') : t('gate.codeLead')} />
      }
      foot={
        <ul class="gate-links small">
          <li>
            <button
              type="button"
              class="link"
              onClick={() => {
                setBackup(!backup);
                setCode('');
              }}
            >
              {backup ? t('gate.useApp') : t('gate.useBackup')}
            </button>
          </li>
          <li>
            <button type="button" class="link" onClick={onAgain}>
              {t('gate.startAgain')}
            </button>
          </li>
        </ul>
      }
    >
      {(problems) => (
        <TextField
          label={backup ? t('gate.backupCode') : t('gate.code')}
          value={code}
          onValue={setCode}
          inputRef={input}
          problem={problems.code}
          input={
            backup
              ? { autocomplete: 'off', spellcheck: false, autocapitalize: 'characters', maxLength: 40 }
              : { autocomplete: 'one-time-code', inputMode: 'numeric', maxLength: 7 }
          }
        />
      )}
    </GateForm>
  );
}
