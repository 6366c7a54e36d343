import { CircleX } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { Gate, GateHead } from '../components/gate/gate.tsx';
import { GateDone } from '../components/gate/gate-done.tsx';
import { t } from '../i18n/index.ts';
import { errorText } from '../state/errors.ts';
import { finishOidc } from '../state/oidc.ts';

/** Where a sign-in provider sends the browser back to. */
export function OidcCallback() {
  const { route } = useLocation();
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    finishOidc(new URLSearchParams(location.search)).then(
      (outcome) => {
        if ('path' in outcome) route(outcome.path, true);
        else setProblem(t(outcome.refused === 'stale' ? 'gate.oidcStale' : 'gate.oidcRefused'));
      },
      (error: unknown) => setProblem(errorText(error)),
    );
  }, []);
  return (
    <Gate title={t('gate.oidcTitle')}>
      {problem ? (
        <GateDone icon={CircleX} title={t('gate.oidcFailed')} hint={problem} />
      ) : (
        <div class="gate-done" role="status">
          <span class="spinner" />
          <GateHead title={t('gate.oidcTitle')} />
        </div>
      )}
    </Gate>
  );
}
