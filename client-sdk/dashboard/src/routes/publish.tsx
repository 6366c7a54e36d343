import { useEffect, useRef } from 'preact/hooks';
import { Gate, GateHead } from '../components/gate/gate.tsx';
import { SelectField } from '../components/select-field.tsx';
import { t } from '../i18n/index.ts';
import { errorCodeText } from '../state/errors.ts';
import { useLinkToken } from '../state/link-token.ts';
import { type PublishView, usePublish } from '../state/publish.ts';

/** What a link opens on the device that becomes a camera: its picture, and one button. */
export function Publish() {
  const { token, take } = useLinkToken();
  const kept = useRef(token);
  return (
    <Gate title={t('publish.title')}>
      <GateHead title={t('publish.title')} lead={t('publish.lead')} />
      {kept.current ? (
        <Camera token={kept.current} taken={take} />
      ) : (
        <p role="alert">{t('publish.noLink')}</p>
      )}
    </Gate>
  );
}

function Camera({ token, taken }: { token: string; taken(): void }) {
  const view = usePublish(token, taken);
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = view.stream;
  }, [view.stream]);
  const sending = view.state !== 'ready' && view.state !== 'ended';
  return (
    <div class="stack">
      {view.problem && <Problem problem={view.problem} />}
      <video
        ref={video}
        class="publish-preview"
        autoplay
        muted
        playsinline
        aria-label={t('publish.preview')}
      />
      {view.cameras.length > 1 && (
        <SelectField
          label={t('publish.camera')}
          value={view.cameraId || view.cameras[0]!.deviceId}
          options={view.cameras.map(({ deviceId, label }, at) => ({
            value: deviceId,
            label: label || `${t('publish.camera')} ${at + 1}`,
          }))}
          onValue={view.choose}
        />
      )}
      <Standing view={view} />
      {sending ? (
        <button type="button" class="button" onClick={view.stop}>
          {t('publish.stop')}
        </button>
      ) : (
        view.end === null &&
        view.state === 'ready' && (
          <button type="button" class="button primary" disabled={!view.stream} onClick={view.start}>
            {t('publish.start')}
          </button>
        )
      )}
    </div>
  );
}

function Problem({ problem }: { problem: NonNullable<PublishView['problem']> }) {
  if (problem === 'insecure') return <p role="alert">{t('publish.insecure')}</p>;
  if (problem === 'unplugged') return <p role="alert">{t('publish.unplugged')}</p>;
  return (
    <div role="alert" class="stack tight">
      <p>{t('publish.noCamera')}</p>
      <p class="muted">{t('publish.noCameraHint')}</p>
    </div>
  );
}

/** One line that a screen reader is told when it changes. */
function Standing({ view }: { view: PublishView }) {
  const { state, course, framing, end, hidden } = view;
  return (
    <div role="status" class="stack tight">
      {end !== null && <p>{errorCodeText(end)}</p>}
      {end === null && state === 'ended' && <p>{t('publish.ended')}</p>}
      {state === 'connecting' && <p>{t('publish.connecting')}</p>}
      {state === 'reconnecting' && <p>{t('publish.reconnecting')}</p>}
      {state === 'publishing' && (
        <>
          <p class="strong">
            {t('publish.publishing')} {course && t('publish.to', { course })}
          </p>
          {framing && <p class="muted">{advice(framing)}</p>}
          {hidden && <p class="muted">{t('publish.hidden')}</p>}
        </>
      )}
    </div>
  );
}

function advice({ advice, faces }: NonNullable<PublishView['framing']>): string {
  if (advice === 'nobody') return t('publish.nobody');
  if (advice === 'move-closer') return t('publish.moveCloser');
  return t('publish.framingOk', { count: faces });
}
