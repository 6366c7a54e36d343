import type { RecordingTimeline } from '../../../../src/index.ts';
import { clock, duration } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { Avatar } from '../people.tsx';

type Mark = RecordingTimeline['marks'][number];

const KNOWN = ['marked', 'qr-scanned', 'corrected', 'confirmed', 'rejected', 'excused', 'imported'] as const;
type Known = (typeof KNOWN)[number];
const isKnown = (type: string): type is Known => (KNOWN as readonly string[]).includes(type);

function whatOf({ type, status, sameCamera, method }: Mark): string {
  const what = isKnown(type) ? t(`recordings.event.${type}`) : type;
  const parts = [status ? `${what} (${t(`status.${status as 'present'}`)})` : what];
  if (method === 'face' && !sameCamera) parts.push(t('recordings.otherCamera'));
  return parts.join(', ');
}

interface TimelineProps {
  timeline: RecordingTimeline;
  atMs: number;
  onSeek(ms: number): void;
}

/** A little earlier than the mark: one wants to see it happen. */
const LEAD_MS = 3000;
const before = (offsetMs: number) => Math.max(0, offsetMs - LEAD_MS);

/** Marks along the recording: a line to look at, and a list to go through. */
export function Timeline({ timeline, atMs, onSeek }: TimelineProps) {
  const { durationMs, marks, gaps } = timeline;
  const at = (ms: number) => `${Math.min(100, (100 * ms) / Math.max(1, durationMs))}%`;
  return (
    <section class="card padded stack" aria-labelledby="timeline-title">
      <h2 id="timeline-title">{t('recordings.marks')}</h2>
      {/* The list below says the same to who cannot see it. */}
      <div class="timeline-strip" aria-hidden="true">
        <span class="timeline-now" style={{ insetInlineStart: at(atMs) }} />
        {gaps.map((gap) => (
          <span key={gap.from} class="timeline-gap" style={{ insetInlineStart: at(gap.offsetMs) }} />
        ))}
        {marks.map((mark) => (
          <span
            key={`${mark.at}${mark.studentId}${mark.type}`}
            class="timeline-mark"
            style={{ insetInlineStart: at(mark.offsetMs) }}
          />
        ))}
      </div>
      {marks.length === 0 && <p class="muted">{t('recordings.noMarks')}</p>}
      <ol class="list timeline-list">
        {marks.map((mark) => (
          <li key={`${mark.at}${mark.studentId}${mark.type}`}>
            <button type="button" class="list-row" onClick={() => onSeek(before(mark.offsetMs))}>
              <span class="tabular small">{duration(mark.offsetMs)}</span>
              <Avatar name={mark.name} />
              <span class="grow">
                <span class="title">{mark.name}</span>
                <br />
                <span class="small muted">{whatOf(mark)}</span>
              </span>
              <span class="small muted tabular">{clock(mark.at)}</span>
            </button>
          </li>
        ))}
      </ol>
      {gaps.length > 0 && (
        <ul class="small muted">
          {gaps.map((gap) => (
            <li key={gap.from}>
              {duration(gap.offsetMs)}:{' '}
              {t('recordings.gap', { length: duration(Date.parse(gap.to) - Date.parse(gap.from)) })}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
