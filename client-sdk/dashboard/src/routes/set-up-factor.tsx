import { LogOut } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import { BackupCodes } from '../components/account/backup-codes.tsx';
import { FactorSetUp } from '../components/account/factor-set-up.tsx';
import { Gate, GateHead } from '../components/gate/gate.tsx';
import { Icon } from '../components/icon.tsx';
import { t } from '../i18n/index.ts';
import { settingUp, signOut } from '../state/session.ts';

/** What comes before everything else in a role that the institution asks a second factor of. */
export function SetUpFactor() {
  const [codes, setCodes] = useState<string[] | null>(null);
  useEffect(() => {
    settingUp.value = true;
    return () => {
      settingUp.value = false;
    };
  }, []);
  return (
    <Gate title={t('gate.setUpTitle')}>
      <div class="gate-set-up stack">
        {codes ? (
          <>
            <h1>{t('me.factorEnabled')}</h1>
            <BackupCodes
              codes={codes}
              onDone={() => {
                settingUp.value = false;
              }}
            />
          </>
        ) : (
          <>
            <GateHead title={t('gate.setUpTitle')} lead={t('gate.setUpLead')} />
            <FactorSetUp onEnabled={setCodes} />
            <div>
              <button type="button" class="button quiet" onClick={() => void signOut()}>
                <Icon of={LogOut} />
                {t('account.signOut')}
              </button>
            </div>
          </>
        )}
      </div>
    </Gate>
  );
}
