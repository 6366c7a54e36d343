import { CircleAlert, CircleCheck, ScanEye } from 'lucide';
import { useState } from 'preact/hooks';
import type { Camera, CameraAddress, Probe, Sampling } from '../../../src/index.ts';
import { t } from '../i18n/index.ts';
import { cameraErrorText } from '../state/errors.ts';
import { notify } from '../state/notices.ts';
import { useAction } from '../state/resource.ts';
import { client } from '../state/session.ts';
import { Banner } from './feedback.tsx';
import { Field, Switch, TextField } from './field.tsx';
import { Icon } from './icon.tsx';
import { ProbePicture, probeText } from './probe-picture.tsx';
import { RecordForm } from './record-form.tsx';

interface CameraFormProps {
  camera: Camera | null;
  onSaved(camera: Camera): void;
  onCancel(): void;
}

const RATES = [1, 2, 3, 5] as const;

export function CameraForm({ camera, onSaved, onCancel }: CameraFormProps) {
  const [name, setName] = useState(camera?.name ?? '');
  const [room, setRoom] = useState(camera?.room ?? '');
  const [url, setUrl] = useState(camera?.url ?? '');
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [rate, setRate] = useState(rateOf(camera?.sampling));
  const [enabled, setEnabled] = useState(camera?.enabled ?? true);

  const address = (): CameraAddress => ({
    url: url.trim(),
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
  });
  // The stored address comes back without its secrets: sent again untouched it would lose them.
  const moved = !camera || url.trim() !== camera.url;
  const touched = moved || username !== '' || password !== '';

  const changes = (): Partial<CameraAddress> => {
    const { url: to, ...secrets } = address();
    return moved ? { url: to, ...secrets } : secrets;
  };

  const save = async () => {
    const rest = { name: name.trim(), room: room.trim() || null, sampling: samplingOf(rate), enabled };
    const saved = camera
      ? await client.cameras.update(camera.id, { ...rest, ...changes() })
      : await client.cameras.create({ ...rest, ...address() });
    notify(t('cameras.saved'));
    onSaved(saved);
  };

  return (
    <RecordForm
      save={save}
      onCancel={onCancel}
      problems={{
        name: name.trim() ? null : t('cameras.nameMissing'),
        url: url.trim() ? null : t('cameras.urlMissing'),
      }}
    >
      {(problems) => (
        <>
          <div class="form-grid">
            <TextField label={t('cameras.name')} value={name} onValue={setName} problem={problems.name} />
            <TextField label={t('cameras.room')} optional value={room} onValue={setRoom} />
          </div>
          <TextField
            label={t('cameras.url')}
            hint={camera ? t('cameras.urlKept') : t('cameras.urlHint')}
            value={url}
            onValue={setUrl}
            problem={problems.url}
            input={{ type: 'url', autocomplete: 'off', spellcheck: false }}
          />
          <div class="form-grid">
            <TextField
              label={t('cameras.username')}
              optional
              value={username}
              onValue={setUsername}
              input={{ autocomplete: 'off' }}
            />
            <TextField
              label={t('cameras.password')}
              optional
              hint={camera ? t('cameras.passwordKept') : t('cameras.secret')}
              value={password}
              onValue={setPassword}
              input={{ type: 'password', autocomplete: 'new-password' }}
            />
          </div>
          <ProbeAddress
            probe={() =>
              touched || !camera ? client.cameras.probeAddress(address()) : client.cameras.probe(camera.id)
            }
            disabled={!url.trim()}
          />
          <Field label={t('cameras.sampling')}>
            {(ids) => (
              <select
                {...ids}
                class="input"
                value={rate}
                onChange={(event) => setRate(event.currentTarget.value)}
              >
                {RATES.map((fps) => (
                  <option key={fps} value={fps}>
                    {t('cameras.samplingFps', { fps })}
                  </option>
                ))}
                <option value="keyframes">{t('cameras.samplingKeyframes')}</option>
              </select>
            )}
          </Field>
          <Switch label={t('cameras.enabled')} checked={enabled} onChange={setEnabled} />
        </>
      )}
    </RecordForm>
  );
}

function rateOf(sampling: Sampling | undefined): string {
  if (!sampling) return '2';
  return sampling.mode === 'fps' ? String(sampling.fps) : 'keyframes';
}

function samplingOf(rate: string): Sampling {
  return rate === 'keyframes' ? { mode: 'keyframes' } : { mode: 'fps', fps: Number(rate) };
}

/** Tries the address before it is saved: what came back, or why nothing did and what to do. */
function ProbeAddress({ probe, disabled }: { probe(): Promise<Probe>; disabled: boolean }) {
  const [answer, setAnswer] = useState<Probe | null>(null);
  const action = useAction(async () => {
    setAnswer(null);
    setAnswer(await probe());
  });
  return (
    <div class="stack tight">
      <div>
        <button
          type="button"
          class="button"
          disabled={disabled || action.busy}
          onClick={() => action.start()}
        >
          {action.busy ? <span class="spinner" /> : <Icon of={ScanEye} />}
          {action.busy ? t('cameras.probing') : t('cameras.tryFirst')}
        </button>
      </div>
      <div role="status">
        {answer && (
          <div class="stack tight">
            <Banner tone="good" icon={CircleCheck}>
              {probeText(answer)}
            </Banner>
            <ProbePicture probe={answer} name={t('live.camera')} />
          </div>
        )}
        {action.error ? (
          <Banner tone="bad" icon={CircleAlert}>
            {cameraErrorText(action.error)}
          </Banner>
        ) : null}
      </div>
    </div>
  );
}
