import { engagementOf } from './engagement/index.ts';
import { emptyCounts } from './engagement/windows.ts';
import type { FrameResult } from './face-pipeline.ts';
import type { Frame } from './frame.ts';
import type { BoxPx, EngagementCounts, GalleryEntry } from './messages.ts';
import type { TrackedFace } from './tracked-face.ts';
import { attributeTracks, type TrackRecord } from './tracking/attribution.ts';
import type { IdentityPolicy } from './tracking/identity-policy.ts';

/** What `analyze` prints. Times are seconds of the video. */
export interface AnalysisReport {
  video: { width: number; height: number; durationS: number };
  students: AnalyzedStudent[];
  strangers: { trackId: number; firstSeenS: number; lastSeenS: number }[];
  frames?: AnalyzedFrame[];
  stats: AnalysisStats;
}

export interface AnalyzedStudent {
  id: string;
  status: 'present' | 'review' | 'absent';
  /** First and last on camera, not when the vote was settled. */
  firstSeenS: number | null;
  lastSeenS: number | null;
  confidence: number;
  /** Share of the judged frames that were attentive; null where too few could be judged. */
  attention: number | null;
  /** Share of the frames between first and last seen that could be judged. */
  coverage: number;
}

export interface AnalyzedFrame {
  atS: number;
  faces: { box: BoxPx; trackId: number; studentId: string | null; score: number }[];
}

export interface AnalysisStats {
  framesSampled: number;
  framesDropped: number;
  wallS: number;
  cpuS: number;
  /** Mean milliseconds per frame. */
  stagesMs: Record<string, number>;
}

interface TrackLog extends TrackRecord {
  counts: EngagementCounts;
}

export interface ReportBuilder {
  add(frame: Frame, result: FrameResult): void;
  finish(stats: Omit<AnalysisStats, 'stagesMs'>): AnalysisReport;
}

export interface ReportOptions {
  gallery: readonly GalleryEntry[];
  embeddingLength: number;
  frames: boolean;
  policy: IdentityPolicy;
  /** Length as the container gives it. */
  durationS: number | null;
}

/** Collects tracks while the video runs; whose they are is settled at the end, with all that was learnt by then. */
export function createReportBuilder(options: ReportOptions): ReportBuilder {
  const tracks = new Map<number, TrackLog>();
  const frames: AnalyzedFrame[] = [];
  const times: { atMs: number; atS: number }[] = [];
  const stages: Record<string, number> = {};
  let width = 0;
  let height = 0;

  const logOf = (face: TrackedFace): TrackLog => {
    const id = face.track.id;
    const known = tracks.get(id) ?? {
      trackId: id,
      face,
      firstMs: face.track.firstSeenMs,
      lastMs: face.track.lastSeenMs,
      counts: emptyCounts(String(id)),
    };
    tracks.set(id, known);
    known.face = face;
    return known;
  };

  const secondsAt = (atMs: number): number => {
    // Capture times come from the frames themselves, so the nearest one is the frame.
    let best = times[0]!;
    for (const time of times) if (Math.abs(time.atMs - atMs) <= Math.abs(best.atMs - atMs)) best = time;
    return round(best.atS, 3);
  };

  return {
    add(frame, { faces, ended, stagesMs }) {
      width = frame.width;
      height = frame.height;
      times.push({ atMs: frame.atMs, atS: frame.mediaTimeS });
      for (const [stage, ms] of Object.entries(stagesMs)) stages[stage] = (stages[stage] ?? 0) + ms;
      for (const face of ended) {
        const log = tracks.get(face.track.id);
        if (log) log.lastMs = face.track.lastSeenMs;
      }
      for (const face of faces) {
        const log = logOf(face);
        log.lastMs = face.track.lastSeenMs;
        const attentive = face.judge.attentive(frame.atMs);
        log.counts.framesSeen++;
        if (attentive !== null) log.counts.framesJudged++;
        if (attentive) log.counts.framesAttentive++;
      }
      if (!options.frames) return;
      frames.push({
        atS: round(frame.mediaTimeS, 3),
        faces: faces.map(({ track }) => ({
          box: track.box.map((value) => round(value, 1)) as unknown as BoxPx,
          trackId: track.id,
          studentId: null,
          score: round(track.score, 3),
        })),
      });
    },

    finish(stats) {
      const { byStudent, reviews, strangers, studentOf } = attributeTracks(
        [...tracks.values()],
        options.policy,
      );
      const students = options.gallery.map(({ studentId }): AnalyzedStudent => {
        const own = byStudent.get(studentId) ?? reviews.get(studentId);
        if (!own) return absent(studentId);
        const firstMs = Math.min(...own.map(({ firstMs: ms }) => ms));
        const lastMs = Math.max(...own.map(({ lastMs: ms }) => ms));
        const counts = emptyCounts(studentId);
        counts.framesSampled = times.filter(({ atMs }) => atMs >= firstMs && atMs <= lastMs).length;
        for (const { trackId } of own) {
          const from = tracks.get(trackId)!.counts;
          counts.framesSeen += from.framesSeen;
          counts.framesJudged += from.framesJudged;
          counts.framesAttentive += from.framesAttentive;
        }
        const { attention, coverage } = engagementOf(counts);
        return {
          id: studentId,
          status: byStudent.has(studentId) ? 'present' : 'review',
          firstSeenS: secondsAt(firstMs),
          lastSeenS: secondsAt(lastMs),
          confidence: round(Math.max(...own.map(({ face }) => face.votes.standing().confidence)), 3),
          attention: attention === null ? null : round(attention, 3),
          coverage: round(Math.min(1, coverage), 3),
        };
      });
      for (const frame of frames) {
        for (const face of frame.faces) face.studentId = studentOf.get(face.trackId) ?? null;
      }
      const last = times.at(-1);
      const spacing = times.length > 1 ? (last!.atS - times[0]!.atS) / (times.length - 1) : 0;
      const seen = (last?.atS ?? 0) + spacing;
      return {
        // A damaged file is shorter than it says.
        video: { width, height, durationS: round(Math.min(options.durationS ?? seen, seen), 3) },
        students,
        strangers: strangers.map(({ trackId, firstMs, lastMs }) => ({
          trackId,
          firstSeenS: secondsAt(firstMs),
          lastSeenS: secondsAt(lastMs),
        })),
        ...(options.frames ? { frames } : {}),
        stats: {
          ...stats,
          wallS: round(stats.wallS, 2),
          cpuS: round(stats.cpuS, 2),
          stagesMs: Object.fromEntries(
            Object.entries(stages).map(([stage, ms]) => [stage, round(ms / Math.max(1, times.length), 2)]),
          ),
        },
      };
    },
  };
}

function absent(id: string): AnalyzedStudent {
  return {
    id,
    status: 'absent',
    firstSeenS: null,
    lastSeenS: null,
    confidence: 0,
    attention: null,
    coverage: 0,
  };
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
