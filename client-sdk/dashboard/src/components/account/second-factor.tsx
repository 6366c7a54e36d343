import { KeyRound, ShieldCheck, ShieldOff } from 'lucide';
import { useState } from 'preact/hooks';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { client, user } from '../../state/session.ts';
import { Dialog } from '../dialog.tsx';
import { TextField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { PasswordField } from '../password-field.tsx';
import { RecordForm } from '../record-form.tsx';
import { BackupCodes } from './backup-codes.tsx';
import { FactorSetUp } from './factor-set-up.tsx';

type Doing = 'nothing' | 'enable' | 'disable' | 'renew';

export function SecondFactor() {
  const [doing, setDoing] = useState<Doing>('nothing');
  const [codes, setCodes] = useState<string[] | null>(null);
  const on = user.value?.secondFactor ?? false;
  const close = () => setDoing('nothing');
  const show = (fresh: string[]) => {
    close();
    setCodes(fresh);
  };
  return (
    <section class="card padded stack" aria-labelledby="factor-title">
      <div class="section-head">
        <div class="stack tight">
          <h2 id="factor-title">{t('me.factor')}</h2>
          <p class="small muted">{t('me.factorLead')}</p>
        </div>
        <span class="chip" data-tone={on ? 'good' : 'still'}>
          <Icon of={on ? ShieldCheck : ShieldOff} size={14} />
          {on ? t('me.factorOn') : t('me.factorOff')}
        </span>
      </div>
      {codes && <BackupCodes codes={codes} onDone={() => setCodes(null)} />}
      {!on && doing === 'enable' && (
        <FactorSetUp
          onCancel={close}
          onEnabled={(fresh) => {
            show(fresh);
            notify(t('me.factorEnabled'));
          }}
        />
      )}
      {!on && doing !== 'enable' && (
        <div>
          <button type="button" class="button primary" onClick={() => setDoing('enable')}>
            <Icon of={ShieldCheck} />
            {t('me.factorEnable')}
          </button>
        </div>
      )}
      {on && !codes && (
        <div class="row wrap">
          <button type="button" class="button" onClick={() => setDoing('renew')}>
            <Icon of={KeyRound} />
            {t('me.newCodes')}
          </button>
          <button type="button" class="button" onClick={() => setDoing('disable')}>
            <Icon of={ShieldOff} />
            {t('me.factorDisable')}
          </button>
        </div>
      )}
      {doing === 'disable' && <Disable onClose={close} />}
      {doing === 'renew' && <Renew onClose={close} onCodes={show} />}
    </section>
  );
}

const SIX_DIGITS = /^\d{3} ?\d{3}$/;

function Disable({ onClose }: { onClose(): void }) {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const save = async () => {
    const given = code.trim();
    await client.secondFactor.disable({
      ...(password ? { password } : {}),
      ...(SIX_DIGITS.test(given) ? { code: given } : { backupCode: given }),
    });
    onClose();
    notify(t('me.factorDisabled'));
  };
  return (
    <Dialog title={t('me.factorDisableTitle')} onClose={onClose}>
      <p>{t('me.factorDisableLead')}</p>
      <RecordForm
        problems={{ code: code.trim().length >= 6 ? null : t('me.factorAnyCodeMissing') }}
        save={save}
        submit={t('me.factorDisable')}
        onCancel={onClose}
      >
        {(problems) => (
          <>
            <PasswordField
              label={t('me.factorPassword')}
              hint={t('me.factorPasswordHint')}
              optional
              value={password}
              onValue={setPassword}
              autocomplete="current-password"
            />
            <TextField
              label={t('me.factorAnyCode')}
              value={code}
              onValue={setCode}
              problem={problems.code}
              input={{ autocomplete: 'one-time-code', spellcheck: false, maxLength: 40 }}
            />
          </>
        )}
      </RecordForm>
    </Dialog>
  );
}

function Renew({ onClose, onCodes }: { onClose(): void; onCodes(codes: string[]): void }) {
  const [code, setCode] = useState('');
  return (
    <Dialog title={t('me.newCodesTitle')} onClose={onClose}>
      <p>{t('me.newCodesLead')}</p>
      <RecordForm
        problems={{ code: SIX_DIGITS.test(code.trim()) ? null : t('gate.codeMissing') }}
        save={async () => onCodes(await client.secondFactor.renewBackupCodes(code.trim()))}
        submit={t('me.newCodesMake')}
        onCancel={onClose}
      >
        {(problems) => (
          <TextField
            label={t('gate.code')}
            value={code}
            onValue={setCode}
            problem={problems.code}
            input={{ autocomplete: 'one-time-code', inputMode: 'numeric', maxLength: 7 }}
          />
        )}
      </RecordForm>
    </Dialog>
  );
}
