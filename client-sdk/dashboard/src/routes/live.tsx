import { CircleAlert, DatabaseZap, DoorClosed, ShieldCheck, WifiOff } from 'lucide';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import type { AttendanceStatus, ClassSession, StreamStatusEvent } from '../../../src/index.ts';
import { Banner, Skeleton } from '../components/feedback.tsx';
import { Icon } from '../components/icon.tsx';
import { AttentionPanel } from '../components/live/attention-panel.tsx';
import { CloseSession } from '../components/live/close-session.tsx';
import { DevicesButton } from '../components/live/devices.tsx';
import { KeysDialog } from '../components/live/keys-dialog.tsx';
import { QrButton } from '../components/live/qr-dialog.tsx';
import { RecordingSign, RecordingSwitch, RecordingTrouble } from '../components/live/recording-switch.tsx';
import { ReviewPanel } from '../components/live/review-panel.tsx';
import { RosterPanel } from '../components/live/roster-panel.tsx';
import { Stage } from '../components/live/stage.tsx';
import { StreamBanner } from '../components/live/stream-banner.tsx';
import { Tally } from '../components/live/tally.tsx';
import { useTitle } from '../components/page.tsx';
import { Tabs } from '../components/tabs.tsx';
import { dateTime, duration } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { createLiveStore, type LiveStore } from '../state/live-store.ts';
import { useIsNarrow } from '../state/narrow.ts';
import { useShortcuts } from '../state/shortcuts.ts';
import { NotFound } from './not-found.tsx';

export function Live() {
  const { params } = useRoute();
  return <LiveSessionPage key={params.id} id={params.id ?? ''} />;
}

function LiveSessionPage({ id }: { id: string }) {
  const [store, setStore] = useState<LiveStore | null>(null);
  useEffect(() => {
    const made = createLiveStore(id);
    setStore(made);
    return made.dispose;
  }, [id]);
  if (!store) return null;
  const { session } = store.view.value;
  if (store.refusal.value) return <NotFound icon={CircleAlert} title={t('live.refused')} />;
  return session ? <LivePage store={store} session={session} /> : <Connecting store={store} />;
}

function Connecting({ store }: { store: LiveStore }) {
  useTitle(t('live.connecting'));
  return (
    <div class="live">
      <h1>{t('live.connecting')}</h1>
      {store.connection.value === 'lost' && <LostBanner />}
      <Skeleton rows={6} />
    </div>
  );
}

function LostBanner() {
  return (
    <Banner tone="warn" icon={WifiOff} role="alert">
      {t('live.lost')}
    </Banner>
  );
}

type Part = 'roster' | 'review' | 'attention';

function LivePage({ store, session }: { store: LiveStore; session: ClassSession }) {
  useTitle(t('live.title', { course: session.course.name }));
  const view = store.view.value;
  const narrow = useIsNarrow();
  const search = useRef<HTMLInputElement>(null);
  const [part, setPart] = useState<Part>('roster');
  const [filter, setFilter] = useState<AttendanceStatus | null>(null);
  const [helping, setHelping] = useState(false);
  const [streamId, setStreamId] = useState<string | null>(null);
  const stream =
    view.streams.find((candidate) => candidate.streamId === streamId) ??
    view.streams.find((candidate) => !isAwaited(candidate)) ??
    view.streams[0];
  // A device whose link nobody has opened yet is nothing to worry about; one that left is.
  const came = useRef(new Set<string>());
  for (const each of view.streams) if (!isAwaited(each)) came.current.add(each.streamId);
  const nameOf = useMemo(() => {
    const names = new Map(session.cameras.map((camera) => [camera.streamId, camera.name]));
    return (of: StreamStatusEvent) => names.get(of.streamId) ?? t('live.camera');
  }, [session.cameras]);

  useShortcuts({
    '?': () => setHelping(true),
    '/': () => {
      setPart('roster');
      // Whoever types on at once must not lose a letter; only a part that is not shown yet has to be waited for.
      if (search.current) search.current.focus();
      else requestAnimationFrame(() => search.current?.focus());
    },
    c: () => {
      const at = stream ? view.streams.indexOf(stream) : -1;
      setStreamId(view.streams[(at + 1) % view.streams.length]?.streamId ?? null);
    },
  });

  const showing = (candidate: Part) => !narrow || part === candidate;
  const panel = (id: Part) =>
    narrow ? { role: 'tabpanel' as const, 'aria-labelledby': `live-${id}-tab` } : {};
  return (
    <div class="live">
      <Head store={store} session={session} />
      {store.connection.value === 'lost' && <LostBanner />}
      <RecordingTrouble session={session} />
      {view.databaseDown && (
        <Banner tone="warn" icon={DatabaseZap} role="alert">
          {t('live.databaseDown')}
        </Banner>
      )}
      {!view.closed &&
        view.streams
          .filter((each) => came.current.has(each.streamId))
          .map((each) => <StreamBanner key={each.streamId} stream={each} camera={nameOf(each)} />)}
      <div class="live-grid">
        <div class="live-main">
          {!view.closed && view.streams.length > 1 && stream && (
            <Tabs
              label={t('live.cameraTabs')}
              panels="camera"
              chosen={stream.streamId}
              tabs={view.streams.map((each) => ({ id: each.streamId, label: nameOf(each) }))}
              onChoose={setStreamId}
            />
          )}
          {!view.closed && stream && (
            <div id={`camera-${stream.streamId}`}>
              <Stage store={store} stream={stream} camera={nameOf(stream)} onHelp={() => setHelping(true)} />
            </div>
          )}
          <Tally counts={store.counts.value} filter={filter} onFilter={setFilter} />
          {!narrow && <AttentionPanel metrics={view.metrics} history={view.history} />}
        </div>
        {narrow && (
          <Tabs
            label={t('live.tabs')}
            panels="live"
            chosen={part}
            onChoose={(id: Part) => setPart(id)}
            tabs={[
              { id: 'roster', label: t('live.tabRoster') },
              { id: 'review', label: <ReviewTab count={view.reviews.length} /> },
              { id: 'attention', label: t('live.tabAttention') },
            ]}
          />
        )}
        <div class="live-side">
          {(narrow ? part === 'review' : view.reviews.length > 0) && (
            <div id="live-review" {...panel('review')}>
              <ReviewPanel store={store} />
            </div>
          )}
          {showing('roster') && (
            <div id="live-roster" class="roster-holder" {...panel('roster')}>
              <RosterPanel store={store} filter={filter} onFilter={setFilter} search={search} />
            </div>
          )}
          {narrow && showing('attention') && (
            <div id="live-attention" {...panel('attention')}>
              <AttentionPanel metrics={view.metrics} history={view.history} />
            </div>
          )}
        </div>
      </div>
      {helping && <KeysDialog onClose={() => setHelping(false)} />}
    </div>
  );
}

const isAwaited = ({ reason }: StreamStatusEvent) => reason === 'no-publisher';

function ReviewTab({ count }: { count: number }) {
  return (
    <>
      {t('live.tabReview')}
      {count > 0 && <span class="badge">{count}</span>}
    </>
  );
}

function Head({ store, session }: { store: LiveStore; session: ClassSession }) {
  const { closed } = store.view.value;
  const emotion = session.policy.emotion;
  return (
    <div class="live-head">
      <div>
        <div class="title">
          <h1>{session.course.name}</h1>
          <span
            class="chip"
            data-tone="accent"
            title={t(`policy.${emotion}Hint`, { policy: session.policy.name })}
          >
            <Icon of={ShieldCheck} size={14} />
            <span class="visually-hidden">{t('policy.title')}: </span>
            {t(`policy.${emotion}`)}
          </span>
          <RecordingSign session={session} />
        </div>
        <p class="meta">
          <span>{session.course.code}</span>
          {closed ? (
            <span>
              {t('live.ended')} · {t('live.endedHint')}
            </span>
          ) : (
            <RunningClock since={session.openedAt ?? session.startsAt} />
          )}
        </p>
      </div>
      <div class="actions">
        {closed ? (
          <a class="button" href="/">
            <Icon of={DoorClosed} />
            {t('app.goHome')}
          </a>
        ) : (
          <>
            <DevicesButton store={store} sessionId={session.id} />
            <RecordingSwitch session={session} />
            <QrButton store={store} session={session} />
            <CloseSession store={store} />
          </>
        )}
      </div>
    </div>
  );
}

function RunningClock({ since }: { since: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time class="tabular" dateTime={since} title={dateTime(since)}>
      {t('live.running', { duration: duration(now - Date.parse(since)) })}
    </time>
  );
}
