import type { attendanceEvents } from '../../db/schema/index.ts';
import type { AttendanceEvent, Evidence, SeenEvidence } from './projection.ts';

type EventRow = typeof attendanceEvents.$inferSelect;

/** Rows of the ledger as the rules read them. Types that say nothing about the record give nothing. */
export function toEvent(row: EventRow): AttendanceEvent[] {
  const base = { id: row.id, seq: row.seq, at: row.at.getTime() };
  const evidence =
    row.streamId !== null && row.trackId !== null ? { streamId: row.streamId, trackId: row.trackId } : null;
  const { actorId, data, status } = row;
  const note = textOf(data.note);
  switch (row.type) {
    case 'marked':
    case 'seen':
      return evidence
        ? [
            {
              ...base,
              type: row.type,
              evidence,
              firstSeenAt: base.at,
              confidence: row.confidence ?? 0,
              onPhoto: data.photo === true,
            },
          ]
        : [];
    case 'confirmed': {
      const seen = { firstSeenAt: base.at, confidence: row.confidence ?? 0 };
      return evidence && actorId ? [{ ...base, ...seen, type: 'confirmed', evidence, actorId }] : [];
    }
    case 'rejected':
      return evidence && actorId ? [{ ...base, type: 'rejected', evidence, actorId }] : [];
    case 'corrected':
      return status && actorId ? [{ ...base, type: 'corrected', status, note, actorId }] : [];
    case 'qr-scanned':
      return [{ ...base, type: 'qr-scanned', scannedAt: base.at }];
    case 'imported':
      return status ? [{ ...base, type: 'imported', status, note }] : [];
    case 'excused':
    case 'excuse-withdrawn': {
      const excuseId = textOf(data.excuseId);
      return excuseId ? [{ ...base, type: row.type, excuseId }] : [];
    }
    case 'split': {
      const transferId = textOf(data.transferId);
      return transferId ? [{ ...base, type: 'split', transferId, evidence: evidenceOf(data.evidence) }] : [];
    }
    case 'merged': {
      const transferId = textOf(data.transferId);
      return transferId && actorId
        ? [
            {
              ...base,
              type: 'merged',
              transferId,
              actorId,
              evidence: evidenceOf(data.evidence),
              lastSeenAt: numberOf(data.lastSeenAt),
              secondsSeen: numberOf(data.secondsSeen) ?? 0,
            },
          ]
        : [];
    }
    case 'transfer-undone': {
      const transferId = textOf(data.transferId);
      return transferId ? [{ ...base, type: 'transfer-undone', transferId }] : [];
    }
    case 'session-closed':
      return [
        {
          ...base,
          type: 'session-closed',
          closedAt: base.at,
          lastSeenAt: numberOf(data.lastSeenAt),
          secondsSeen: numberOf(data.secondsSeen) ?? 0,
          watchedSeconds: numberOf(data.watchedSeconds),
        },
      ];
    default:
      return [];
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

function evidenceOf(value: unknown): SeenEvidence[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: Partial<Evidence & SeenEvidence>) =>
    typeof entry?.streamId === 'string' && typeof entry.trackId === 'number'
      ? [
          {
            streamId: entry.streamId,
            trackId: entry.trackId,
            firstSeenAt: entry.firstSeenAt ?? Number.POSITIVE_INFINITY,
            confidence: entry.confidence ?? 0,
            onPhoto: entry.onPhoto ?? false,
          },
        ]
      : [],
  );
}
