import {
  CameraOff,
  CircleCheck,
  EyeOff,
  Film,
  Images,
  LoaderCircle,
  Pause,
  RefreshCw,
  ScanFace,
  Video,
  ZoomIn,
} from 'lucide';
import { useEffect, useRef } from 'preact/hooks';
import type { Framing } from '../../../src/index.ts';
import { Banner } from '../components/feedback.tsx';
import { Gate, GateHead } from '../components/gate/gate.tsx';
import { Icon } from '../components/icon.tsx';
import { SelectField } from '../components/select-field.tsx';
import { t } from '../i18n/index.ts';
import type { CameraProblem, CameraView, Facing } from '../state/camera.ts';
import { errorCodeText } from '../state/errors.ts';
import { useLinkToken } from '../state/link-token.ts';
import { type PublishView, usePublish } from '../state/publish.ts';

/** What a link opens on the device that becomes a camera: its picture, and one button. */
export function Publish() {
  const { token, take } = useLinkToken();
  const kept = useRef(token);
  // The page takes the token out of its address, and all else with it.
  const facing = useRef<Facing>(new URLSearchParams(location.search).has('own') ? 'user' : 'environment');
  return (
    <Gate title={t('publish.title')}>
      <GateHead title={t('publish.title')} lead={t('publish.lead')} />
      {kept.current ? (
        <Camera token={kept.current} facing={facing.current} taken={take} />
      ) : (
        <p role="alert">{t('publish.noLink')}</p>
      )}
    </Gate>
  );
}

function Camera({ token, facing, taken }: { token: string; facing: Facing; taken(): void }) {
  const view = usePublish(token, facing, taken);
  const { camera, state } = view;
  const over = state === 'ended';
  return (
    <div class="stack">
      {camera.problem && !over && <Problem problem={camera.problem} retry={camera.retry} />}
      {!over && <Preview view={view} />}
      {!over && camera.cameras.length > 1 && <Choice camera={camera} />}
      <Standing view={view} />
      {state === 'ready' && (
        <button type="button" class="button primary" disabled={!camera.track} onClick={view.start}>
          <Icon of={Video} />
          {t('publish.start')}
        </button>
      )}
      {!over && state !== 'ready' && (
        <button type="button" class="button" onClick={view.stop}>
          <Icon of={CameraOff} />
          {t('publish.stop')}
        </button>
      )}
    </div>
  );
}

function Preview({ view: { camera, state, framing, recorded } }: { view: PublishView }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = camera.stream;
  }, [camera.stream]);
  return (
    <div class="publish-stage">
      <video
        ref={video}
        class="publish-preview"
        autoplay
        muted
        playsinline
        aria-label={t('publish.preview')}
      />
      {state !== 'ready' && (
        <div class="stage-top">
          <span class="stage-state" data-state={state === 'publishing' ? 'live' : 'connecting'}>
            <span class="dot" />
            {t(state === 'publishing' ? 'stream.state.live' : 'stream.state.connecting')}
          </span>
          {recorded && (
            <span class="stage-state" data-state="recorded">
              <span class="recording-dot" />
              {t('recordings.on')}
            </span>
          )}
          {framing && state === 'publishing' && (
            <span class="stage-state count tabular">{t('live.faces', { count: framing.faces })}</span>
          )}
        </div>
      )}
    </div>
  );
}

function Choice({ camera }: { camera: CameraView }) {
  return (
    <SelectField
      label={t('publish.camera')}
      value={camera.cameraId || camera.cameras[0]!.deviceId}
      options={camera.cameras.map(({ deviceId, label }, at) => ({
        value: deviceId,
        label: label || `${t('publish.camera')} ${at + 1}`,
      }))}
      onValue={camera.choose}
    />
  );
}

const PROBLEM_TEXT = {
  insecure: ['publish.insecure', null],
  denied: ['publish.denied', 'publish.deniedHint'],
  none: ['publish.noCamera', 'publish.noCameraHint'],
  busy: ['publish.busy', 'publish.busyHint'],
  unplugged: ['publish.unplugged', 'publish.unpluggedHint'],
} as const satisfies Record<CameraProblem, readonly unknown[]>;

function Problem({ problem, retry }: { problem: CameraProblem; retry(): void }) {
  const [what, hint] = PROBLEM_TEXT[problem];
  return (
    <Banner tone="bad" icon={CameraOff} role="alert">
      <p class="strong">{t(what)}</p>
      {hint && <p>{t(hint)}</p>}
      {problem !== 'insecure' && (
        <p class="publish-retry">
          <button type="button" class="button small" onClick={retry}>
            <Icon of={RefreshCw} size={16} />
            {t('app.retry')}
          </button>
        </p>
      )}
    </Banner>
  );
}

/** A few lines that a screen reader is told when they change: how many faces there are is not among them. */
function Standing({ view }: { view: PublishView }) {
  const { state, path, course, framing, end, hidden, camera } = view;
  return (
    <div role="status" class="publish-standing">
      {state === 'ended' && <p class="strong">{end === null ? t('publish.ended') : errorCodeText(end)}</p>}
      {end === null && state === 'ended' && <p class="muted">{t('publish.endedHint')}</p>}
      {(state === 'connecting' || state === 'reconnecting') && (
        <p>
          <Icon of={LoaderCircle} />
          {t(`publish.${state}`)}
        </p>
      )}
      {state === 'publishing' && (
        <>
          <p class="strong">
            <Icon of={CircleCheck} />
            <span>
              {t('publish.publishing')} {course && t('publish.to', { course })}
            </span>
          </p>
          {path === 'pictures' && (
            <p>
              <Icon of={Images} />
              {t('publish.pictures')}
            </p>
          )}
          {view.recorded && (
            <p data-tone="warn">
              <Icon of={Film} />
              {t('recordings.publisher')}
            </p>
          )}
          {framing && <Advice framing={framing} />}
          {camera.paused && (
            <p data-tone="warn">
              <Icon of={Pause} />
              {t('publish.paused')}
            </p>
          )}
          {hidden && (
            <p data-tone="warn">
              <Icon of={EyeOff} />
              {t('publish.hidden')}
            </p>
          )}
        </>
      )}
    </div>
  );
}

const ADVICE = {
  ok: { icon: ScanFace, text: 'publish.framingOk' },
  'move-closer': { icon: ZoomIn, text: 'publish.moveCloser' },
  nobody: { icon: ScanFace, text: 'publish.nobody' },
} as const;

function Advice({ framing: { advice } }: { framing: Framing }) {
  const { icon, text } = ADVICE[advice];
  return (
    <p data-tone={advice === 'ok' ? 'good' : 'warn'}>
      <Icon of={icon} />
      {t(text)}
    </p>
  );
}
