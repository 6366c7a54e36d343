import { batch, computed, signal } from '@preact/signals';
import {
  ApiError,
  type AttendanceRecord,
  type AttendanceStatus,
  emptyLiveView,
  type FacesEvent,
  type LiveAction,
  type LiveConnection,
  type LiveRefusal,
  type MarkStatus,
  type NewQrSession,
  type PictureEvent,
  type QrCode,
  type RosterEntry,
  reduceLive,
} from '../../../src/index.ts';
import { t } from '../i18n/index.ts';
import { errorText } from './errors.ts';
import { createLiveAnnouncer } from './live-announcer.ts';
import { announce, notify } from './notices.ts';
import { client } from './session.ts';

export type LiveStore = ReturnType<typeof createLiveStore>;

/** A row is lit up this long after the camera marked it. */
const FRESH_MS = 2_400;

export interface FrameSink {
  onPicture(picture: PictureEvent): void;
  onFaces(faces: FacesEvent): void;
}

/** The state behind one live page, from joining to `dispose()`. */
export function createLiveStore(sessionId: string) {
  const view = signal(emptyLiveView);
  const connection = signal<LiveConnection>('connecting');
  const refusal = signal<LiveRefusal | null>(null);
  /** Marks that were sent and not yet answered, shown at once. */
  const sent = signal<ReadonlyMap<string, MarkStatus>>(new Map());
  const fresh = signal<ReadonlySet<string>>(new Set());
  const answering = signal<ReadonlySet<string>>(new Set());
  /** The code to show while a window for codes is open, whoever opened it. */
  const qr = signal<QrCode | null>(null);
  /** Windows that were closed here: a code that was under way must not bring one back. */
  const endedQr = new Set<string>();
  const sinks = new Set<FrameSink>();
  const roster = computed(() =>
    view.value.roster.map((entry) => ({ ...entry, status: statusOf(entry, sent.value) })),
  );
  const counts = computed(() => countStatuses(roster.value.map((entry) => entry.status)));
  const announcer = createLiveAnnouncer(() => ({
    present: hereIn(counts.peek()),
    total: roster.peek().length,
  }));
  let lost = false;

  const apply = (action: LiveAction) => {
    const before = view.peek();
    view.value = reduceLive(before, action);
    announcer.heard(before, view.peek(), action);
    if (action.type === 'attendance:marked') lightUp(action.payload.record.studentId);
  };

  const session = client.live(sessionId, {
    onEvent(name, payload) {
      if (name === 'session:picture') for (const sink of sinks) sink.onPicture(payload as PictureEvent);
      else if (name === 'session:faces') for (const sink of sinks) sink.onFaces(payload as FacesEvent);
      else if (name === 'qr:code') showQr(payload as QrCode);
      else apply({ type: name, payload } as LiveAction);
    },
    onConnection(state) {
      connection.value = state;
      if (state === 'lost' && !lost) announce(t('live.lost'));
      if (state === 'online' && lost) announce(t('live.back'));
      if (state !== 'connecting') lost = state === 'lost';
    },
    onRefused: (answer) => showClosed(answer),
  });

  /** A closed session has no live room any more; its marks can still be read and corrected. */
  async function showClosed(answer: LiveRefusal): Promise<void> {
    try {
      const snapshot = await client.sessions.snapshot(sessionId);
      batch(() => {
        apply({ type: 'session:snapshot', payload: snapshot });
        connection.value = 'online';
      });
    } catch {
      refusal.value = answer;
    }
  }

  function lightUp(studentId: string): void {
    fresh.value = new Set([...fresh.peek(), studentId]);
    setTimeout(() => {
      fresh.value = new Set([...fresh.peek()].filter((id) => id !== studentId));
    }, FRESH_MS);
  }

  function showQr(code: QrCode): void {
    if (code.sessionId === sessionId && !endedQr.has(code.qrSessionId)) qr.value = code;
  }

  function endQr(id: string): void {
    endedQr.add(id);
    if (qr.peek()?.qrSessionId === id) qr.value = null;
  }

  async function startQr(wanted: Omit<NewQrSession, 'sessionId'>): Promise<void> {
    const { id } = await client.qr.open({ ...wanted, sessionId });
    showQr(await client.qr.code(id));
  }

  async function stopQr(): Promise<void> {
    const id = qr.peek()?.qrSessionId;
    if (!id) return;
    await client.qr.close(id);
    endQr(id);
  }

  async function correct(studentId: string, status: MarkStatus): Promise<void> {
    const entry = view.peek().roster.find((candidate) => candidate.studentId === studentId);
    if (!entry || sent.peek().has(studentId)) return;
    const before = entry.record?.status ?? 'pending';
    sent.value = new Map([...sent.peek(), [studentId, status]]);
    try {
      const record = entry.record
        ? await client.attendance.correct(entry.record.id, entry.record.version, status)
        : await client.attendance.mark({ sessionId, studentId, status });
      settle(studentId, record);
      const undo =
        before === 'pending'
          ? undefined
          : { label: t('app.undo'), run: () => void correct(studentId, before) };
      notify(t('roster.changed', { name: entry.name, status: t(`status.${record.status}`) }), undo);
    } catch (error) {
      await correctionFailed(entry, error);
    }
  }

  function settle(studentId: string, record: AttendanceRecord | null): void {
    batch(() => {
      if (record) apply({ type: 'attendance:changed', payload: { record } });
      sent.value = new Map([...sent.peek()].filter(([id]) => id !== studentId));
    });
  }

  async function correctionFailed(entry: RosterEntry, error: unknown): Promise<void> {
    const stale = error instanceof ApiError && (error.status === 409 || error.status === 412);
    const record =
      stale && entry.record ? await client.attendance.get(entry.record.id).catch(() => null) : null;
    settle(entry.studentId, record);
    notify(
      record
        ? t('roster.conflict', { name: entry.name, status: t(`status.${record.status}`) })
        : t('roster.failed', { name: entry.name, reason: errorText(error) }),
    );
  }

  async function answerReview(id: string, answer: 'confirm' | 'reject'): Promise<void> {
    const review = view.peek().reviews.find((candidate) => candidate.id === id);
    if (!review || answering.peek().has(id)) return;
    answering.value = new Set([...answering.peek(), id]);
    try {
      await (answer === 'confirm' ? client.reviews.confirm(id) : client.reviews.reject(id));
      const status = answer === 'confirm' ? 'confirmed' : 'rejected';
      apply({ type: 'review:settled', payload: { review: { ...review, status } } });
      notify(t(`review.${status}`, { name: review.studentName }));
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 409)) {
        apply({ type: 'review:settled', payload: { review: { ...review, status: 'obsolete' } } });
        notify(t('review.gone'));
      } else {
        notify(t('review.failed', { reason: errorText(error) }));
      }
    } finally {
      answering.value = new Set([...answering.peek()].filter((held) => held !== id));
    }
  }

  return {
    view,
    connection,
    refusal,
    roster,
    counts,
    fresh,
    answering,
    qr,
    startQr,
    stopQr,
    endQr,
    correct,
    answerReview,
    watch: session.watch,
    frames(sink: FrameSink): () => void {
      sinks.add(sink);
      return () => sinks.delete(sink);
    },
    async close(): Promise<void> {
      const { closedAt } = await client.sessions.close(sessionId);
      apply({
        type: 'session:closed',
        payload: { sessionId, closedAt: closedAt ?? new Date().toISOString() },
      });
    },
    dispose(): void {
      session.leave();
      announcer.dispose();
      sinks.clear();
    },
  };
}

export type StatusCounts = Record<AttendanceStatus, number>;

export function countStatuses(statuses: readonly AttendanceStatus[]): StatusCounts {
  const counts: StatusCounts = { present: 0, late: 0, absent: 0, excused: 0, pending: 0 };
  for (const status of statuses) counts[status] += 1;
  return counts;
}

/** Late is here too. */
export const hereIn = (counts: StatusCounts) => counts.present + counts.late;

function statusOf(entry: RosterEntry, sent: ReadonlyMap<string, MarkStatus>): AttendanceStatus {
  return sent.get(entry.studentId) ?? entry.record?.status ?? 'pending';
}
