import { useState } from 'preact/hooks';
import { t } from '../../i18n/index.ts';
import { useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { LoadFailed, Skeleton } from '../feedback.tsx';
import { TextField } from '../field.tsx';
import { RecordForm } from '../record-form.tsx';

interface FactorSetUpProps {
  /** With the backup codes, which are shown only now. */
  onEnabled(codes: string[]): void;
  onCancel?: () => void;
}

/** A secret for the app, as a picture and as text, and the code that shows that it arrived there. */
export function FactorSetUp({ onEnabled, onCancel }: FactorSetUpProps) {
  const prepared = useResource(() => client.secondFactor.prepare(), []);
  const [code, setCode] = useState('');
  if (!prepared.data)
    return prepared.error ? (
      <LoadFailed error={prepared.error} retry={prepared.reload} />
    ) : (
      <Skeleton rows={2} />
    );
  const { qr, secret } = prepared.data;
  return (
    <div class="factor-set-up">
      <img src={qr} alt={t('me.factorPicture')} width="176" height="176" />
      <RecordForm
        problems={{ code: /^\d{3} ?\d{3}$/.test(code.trim()) ? null : t('gate.codeMissing') }}
        save={async () => onEnabled(await client.secondFactor.confirm(code.trim()))}
        submit={t('me.factorConfirm')}
        {...(onCancel ? { onCancel } : {})}
      >
        {(problems) => (
          <>
            <p>{t('me.factorScan')}</p>
            <div class="small">
              <p class="muted">{t('me.factorType')}</p>
              <p class="secret-key">{secret.replace(/(.{4})(?=.)/g, '$1 ')}</p>
            </div>
            <TextField
              label={t('me.factorCode')}
              value={code}
              onValue={setCode}
              problem={problems.code}
              input={{ autocomplete: 'one-time-code', inputMode: 'numeric', maxLength: 7 }}
            />
          </>
        )}
      </RecordForm>
    </div>
  );
}
