import { Expand, QrCode as QrIcon, Square, X } from 'lucide';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { ClassSession, QrCode } from '../../../../src/index.ts';
import { clock, duration, number } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import type { LiveStore } from '../../state/live-store.ts';
import { useNow } from '../../state/now.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { ErrorBanner } from '../feedback.tsx';
import { Switch, TextField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { QrPicture } from '../qr-picture.tsx';
import { RecordForm } from '../record-form.tsx';
import { SelectField } from '../select-field.tsx';
import { RecordingSign } from './recording-switch.tsx';

/** Opens the code that students scan; says so where one is being shown already, here or elsewhere. */
export function QrButton({ store, session }: { store: LiveStore; session: ClassSession }) {
  const [shown, setShown] = useState(false);
  const running = store.qr.value !== null;
  return (
    <>
      <button type="button" class="button" onClick={() => setShown(true)}>
        <Icon of={QrIcon} />
        {t('qr.show')}
        {running && <span class="live-dot" role="img" aria-label={t('qr.running')} />}
      </button>
      {shown && <QrDialog store={store} session={session} onClose={() => setShown(false)} />}
    </>
  );
}

interface QrDialogProps {
  store: LiveStore;
  session: ClassSession;
  onClose(): void;
}

/** Fills the window, for the projector. The window for codes stays open when this is closed. */
function QrDialog({ store, session, onClose }: QrDialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    ref.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const code = store.qr.value;
  return (
    <dialog ref={ref} class="qr-dialog" aria-labelledby={id} onClose={onClose}>
      <div class="qr-head">
        <h2 id={id} class="grow">
          {session.course.name} <span class="muted">{session.course.code}</span>
        </h2>
        <RecordingSign session={session} />
        <button
          type="button"
          class="button quiet icon"
          aria-label={t('live.fullscreen')}
          title={t('live.fullscreen')}
          onClick={() => {
            if (document.fullscreenElement) document.exitFullscreen();
            else ref.current?.requestFullscreen();
          }}
        >
          <Icon of={Expand} />
        </button>
        <button
          type="button"
          class="button quiet icon"
          aria-label={t('app.close')}
          title={t('app.close')}
          onClick={() => ref.current?.close()}
        >
          <Icon of={X} />
        </button>
      </div>
      {code ? <Running store={store} code={code} /> : <Start store={store} session={session} />}
    </dialog>
  );
}

/** No new code for so long after the last one ended: somebody closed the window, or the connection is lost. */
const OVERDUE_MS = 3_000;

function Running({ store, code }: { store: LiveStore; code: QrCode }) {
  const now = useNow();
  const overdue = now > Date.parse(code.validUntil) + OVERDUE_MS;
  // Each new code is an occasion to count; marks come over the socket by themselves.
  const found = useResource(() => client.qr.get(code.qrSessionId), [code.qrSessionId, code.code, overdue]);
  const byCode = store.view.value.roster.filter((entry) => entry.record?.method === 'qr').length;
  const scanned = Math.max(byCode, found.data?.accepted ?? 0);
  const refused = found.data?.refused ?? 0;
  const left = Date.parse(code.closesAt) - now;
  const stop = useAction(() => store.stopQr());
  const over = left <= 0 || found.data?.open === false;
  useEffect(() => {
    if (over) store.endQr(code.qrSessionId);
  }, [over, code.qrSessionId, store]);
  return (
    <div class="qr-body">
      <QrPicture text={code.url} label={t('qr.picture')} />
      <div class="qr-side">
        <p class="qr-count">
          <strong class="tabular">{number(scanned)}</strong>
          <span>{t('qr.scanned', { count: scanned, total: store.view.value.roster.length })}</span>
        </p>
        <p>{t('qr.how')}</p>
        <p class="muted">
          <time class="tabular" dateTime={code.closesAt}>
            {t('qr.left', { duration: duration(left), time: clock(code.closesAt) })}
          </time>
        </p>
        {refused > 0 && <p class="muted">{t('qr.refused', { count: refused })}</p>}
        {overdue && (
          <p class="row" role="status">
            <span class="spinner" />
            {t('qr.waiting')}
          </p>
        )}
        <ErrorBanner error={stop.error} />
        <button type="button" class="button" disabled={stop.busy} onClick={() => stop.start()}>
          {stop.busy ? <span class="spinner" /> : <Icon of={Square} />}
          {t('qr.stop')}
        </button>
      </div>
    </div>
  );
}

const ROTATIONS = ['5', '10', '15', '30'] as const;

function Start({ store, session }: { store: LiveStore; session: ClassSession }) {
  const [minutes, setMinutes] = useState('10');
  const [rotate, setRotate] = useState<(typeof ROTATIONS)[number]>('10');
  const [bound, setBound] = useState(false);
  const count = Number(minutes);
  const fits = Number.isInteger(count) && count >= 1 && count <= 240;
  return (
    <div class="qr-start">
      <p class="muted">{t('qr.lead')}</p>
      <RecordForm
        submit={t('qr.start')}
        problems={{ minutes: fits ? null : t('courses.invalidNumber', { min: 1, max: 240 }) }}
        save={() =>
          store.startQr({
            minutes: count,
            rotateSeconds: Number(rotate),
            ...(bound ? { place: 'room' as const } : {}),
          })
        }
      >
        {(problems) => (
          <>
            <TextField
              label={t('qr.minutes')}
              value={minutes}
              onValue={setMinutes}
              problem={problems.minutes}
              input={{ type: 'number', inputMode: 'numeric', min: 1, max: 240 }}
            />
            <SelectField
              label={t('qr.rotate')}
              hint={t('qr.rotateHint')}
              value={rotate}
              onValue={setRotate}
              options={ROTATIONS.map((value) => ({
                value,
                label: t('qr.seconds', { count: Number(value) }),
              }))}
            />
            {session.room && (
              <Switch label={t('qr.place')} hint={t('qr.placeHint')} checked={bound} onChange={setBound} />
            )}
          </>
        )}
      </RecordForm>
    </div>
  );
}
