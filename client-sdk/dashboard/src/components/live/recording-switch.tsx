import { Circle, CircleStop, TriangleAlert } from 'lucide';
import { useState } from 'preact/hooks';
import type { ClassSession } from '../../../../src/index.ts';
import { clock } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { useAction } from '../../state/resource.ts';
import { client, tenant } from '../../state/session.ts';
import { Confirm } from '../dialog.tsx';
import { Banner, ErrorBanner } from '../feedback.tsx';
import { Icon } from '../icon.tsx';

/** The visible sign: whoever is shown a session is shown that it is recorded. */
export function RecordingSign({ session }: { session: ClassSession }) {
  const { recording } = session;
  if (!recording) return null;
  return (
    <span
      class="chip recording-sign"
      data-tone="bad"
      role="status"
      title={t('recordings.onHint', { time: clock(recording.since) })}
    >
      <span class="recording-dot" aria-hidden="true" />
      {t('recordings.on')}
    </span>
  );
}

export function RecordingTrouble({ session }: { session: ClassSession }) {
  const problem = session.recording?.problem;
  if (!problem) return null;
  const said = t(problem === 'disk-full' ? 'recordings.diskFull' : 'recordings.diskFailed');
  return (
    <Banner tone="warn" icon={TriangleAlert} role="alert">
      {t('recordings.onProblem', { problem: said })}
    </Banner>
  );
}

/** Nothing where the institution has no recordings. */
export function RecordingSwitch({ session }: { session: ClassSession }) {
  const [asking, setAsking] = useState(false);
  const on = session.recording !== null;
  const action = useAction(async () => {
    await client.recordings.turn(session.id, !on);
    notify(t(on ? 'recordings.stopped' : 'recordings.started'));
    setAsking(false);
  });
  if (!on && !(tenant.value?.settings.recording.enabled && session.cameras.length > 0)) return null;
  return (
    <>
      <button type="button" class="button" onClick={() => setAsking(true)}>
        <Icon of={on ? CircleStop : Circle} />
        {t(on ? 'recordings.stop' : 'recordings.start')}
      </button>
      {asking && (
        <Confirm
          title={t(on ? 'recordings.stopTitle' : 'recordings.startTitle')}
          body={
            <>
              <p>{t(on ? 'recordings.stopBody' : 'recordings.startBody')}</p>
              <ErrorBanner error={action.error} />
            </>
          }
          confirm={t(on ? 'recordings.stop' : 'recordings.start')}
          busy={action.busy}
          onConfirm={() => action.start()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
