import { Camera, CircleCheck, MonitorSmartphone, Plus, Timer } from 'lucide';
import { useState } from 'preact/hooks';
import type { Publisher, PublisherLink, StreamStatusEvent } from '../../../../src/index.ts';
import { duration } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import type { LiveStore } from '../../state/live-store.ts';
import { announce, notify } from '../../state/notices.ts';
import { useNow } from '../../state/now.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { CopyText } from '../copy-text.tsx';
import { Dialog } from '../dialog.tsx';
import { Banner, ErrorBanner, type Tone } from '../feedback.tsx';
import { Switch, TextField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { QrPicture } from '../qr-picture.tsx';
import { RecordForm } from '../record-form.tsx';
import { RemoveButton } from '../remove-button.tsx';

/** More than a class has; the list says so where there are more. */
const DEVICES_AT_MOST = 100;

type Link = PublisherLink & { name: string };

/** Browsers and encoders as cameras of this session: a link for one more, and those that there are. */
export function DevicesButton({ store, sessionId }: { store: LiveStore; sessionId: string }) {
  const [shown, setShown] = useState(false);
  // Kept while the dialog is closed: the token is told only once.
  const [link, setLink] = useState<Link | null>(null);
  return (
    <>
      <button type="button" class="button" onClick={() => setShown(true)}>
        <Icon of={MonitorSmartphone} />
        {t('publish.add')}
      </button>
      {shown && <DevicesDialog {...{ store, sessionId, link, setLink }} onClose={() => setShown(false)} />}
    </>
  );
}

interface DevicesDialogProps {
  store: LiveStore;
  sessionId: string;
  link: Link | null;
  setLink(link: Link | null): void;
  onClose(): void;
}

function DevicesDialog({ store, sessionId, link, setLink, onClose }: DevicesDialogProps) {
  const { streams } = store.view.value;
  const devices = useResource(
    () => client.publishers.list(sessionId, { limit: DEVICES_AT_MOST }),
    // A snapshot comes whenever one is added or sent away, here or elsewhere.
    [sessionId, streams.length],
  );
  const streamOf = (streamId: string) => streams.find((stream) => stream.streamId === streamId);
  const items = devices.data?.items ?? [];
  return (
    <Dialog wide title={t('publish.add')} onClose={onClose}>
      <div class="stack">
        {link ? (
          <FreshLink link={link} stream={streamOf(link.streamId)} onAnother={() => setLink(null)} />
        ) : (
          <NewLink
            sessionId={sessionId}
            onMade={(made) => {
              setLink(made);
              announce(t('publish.made', { name: made.name }));
              void devices.reload();
            }}
          />
        )}
        <OwnCamerasSwitch sessionId={sessionId} />
        <ErrorBanner error={devices.error} />
        {items.length > 0 && (
          <section class="stack tight" aria-labelledby="devices-title">
            <h3 id="devices-title">{t('publish.devices')}</h3>
            <ul class="devices">
              {items.map((device) => (
                <Device
                  key={device.streamId}
                  device={device}
                  stream={streamOf(device.streamId)}
                  remove={async () => {
                    await client.publishers.remove(sessionId, device.streamId);
                    notify(t('publish.sentAway', { name: device.name }));
                    if (link?.streamId === device.streamId) setLink(null);
                    await devices.reload();
                  }}
                />
              ))}
            </ul>
          </section>
        )}
      </div>
    </Dialog>
  );
}

function NewLink({ sessionId, onMade }: { sessionId: string; onMade(link: Link): void }) {
  const [name, setName] = useState('');
  const given = name.trim();
  return (
    <div class="stack tight">
      <p class="muted">{t('publish.addLead')}</p>
      <RecordForm
        submit={t('publish.make')}
        problems={{ name: given ? null : t('cameras.nameMissing') }}
        save={async () =>
          onMade({ ...(await client.publishers.add(sessionId, { name: given, minutes: 15 })), name: given })
        }
      >
        {(problems) => (
          <TextField
            label={t('publish.name')}
            hint={t('publish.nameHint')}
            value={name}
            onValue={setName}
            problem={problems.name}
            input={{ maxLength: 80, autocomplete: 'off' }}
          />
        )}
      </RecordForm>
    </div>
  );
}

/** The link as a picture and as text, until the device is there. */
function FreshLink({
  link,
  stream,
  onAnother,
}: {
  link: Link;
  stream: StreamStatusEvent | undefined;
  onAnother(): void;
}) {
  const left = Date.parse(link.expiresAt) - useNow();
  const there = stream !== undefined && stream.reason !== 'no-publisher';
  return (
    <div class="stack tight">
      {there ? (
        <Banner tone="good" icon={CircleCheck} role="status">
          {t('publish.there', { name: link.name })}
        </Banner>
      ) : left <= 0 ? (
        <Banner tone="warn" icon={Timer} role="status">
          {t('publish.expired', { name: link.name })}
        </Banner>
      ) : (
        <div class="device-link">
          <QrPicture text={link.url} label={t('publish.qr', { name: link.name })} />
          <div class="stack tight">
            <p>
              <strong>{link.name}</strong>
            </p>
            <CopyText label={t('publish.open')} value={link.url} />
            <p class="muted small">
              <time class="tabular" dateTime={link.expiresAt}>
                {t('publish.left', { time: duration(left) })}
              </time>
            </p>
            <p class="row muted" role="status">
              <span class="spinner" />
              {t('publish.awaited')}
            </p>
            <details class="device-whip">
              <summary>{t('publish.whip')}</summary>
              <CopyText label={t('publish.whipAddress')} value={link.whipUrl} />
              <CopyText label={t('publish.token')} value={link.token} />
            </details>
          </div>
        </div>
      )}
      <div class="dialog-foot">
        <button type="button" class="button" onClick={onAnother}>
          <Icon of={Plus} />
          {t('publish.another')}
        </button>
      </div>
    </div>
  );
}

/** For remote classes; off unless somebody switches it on, for it lets who is elsewhere be marked. */
function OwnCamerasSwitch({ sessionId }: { sessionId: string }) {
  const state = useResource(() => client.publishers.ownCameras(sessionId), [sessionId]);
  const change = useAction(async (allowed: boolean) => {
    state.set(await client.publishers.allowOwnCameras(sessionId, allowed));
  });
  return (
    <>
      <Switch
        label={t('publish.ownCameras')}
        hint={t('publish.ownCamerasHint')}
        checked={state.data?.allowed ?? false}
        disabled={!state.data || change.busy}
        onChange={(allowed) => change.start(allowed)}
      />
      <ErrorBanner error={state.error ?? change.error} />
    </>
  );
}

interface DeviceProps {
  device: Publisher;
  stream: StreamStatusEvent | undefined;
  remove(): Promise<void>;
}

function Device({ device, stream, remove }: DeviceProps) {
  const { tone, text } = standing(device, stream);
  return (
    <li>
      <Icon of={Camera} />
      <span class="grow">
        <strong>{device.name}</strong>
        {device.studentId !== null && <span class="muted small">{t('publish.own')}</span>}
      </span>
      <span class="chip" data-tone={tone}>
        {text}
      </span>
      <RemoveButton
        label={t('publish.sendAway')}
        name={t('publish.sendAwayName', { name: device.name })}
        title={t('publish.sendAwayTitle', { name: device.name })}
        body={t('publish.sendAwayBody')}
        remove={remove}
      />
    </li>
  );
}

function standing(device: Publisher, stream: StreamStatusEvent | undefined): { tone: Tone; text: string } {
  if (!stream) {
    return device.live
      ? { tone: 'good', text: t('stream.state.live') }
      : { tone: 'still', text: t('publish.absent') };
  }
  if (stream.reason === 'no-publisher') return { tone: 'still', text: t('publish.absent') };
  return { tone: stream.state === 'live' ? 'good' : 'warn', text: t(`stream.state.${stream.state}`) };
}
