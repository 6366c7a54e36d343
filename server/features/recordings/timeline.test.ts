import { describe, expect, it } from 'vitest';
import { writePlaylist } from './playlist.ts';
import { gapsOf, offsetAt } from './timeline.ts';

const START = Date.UTC(2026, 10, 20, 6);
const at = (seconds: number) => START + seconds * 1000;
/** Eight seconds, a break of twenty, four seconds. */
const segments = [
  { seq: 0, startAt: new Date(at(0)), durationMs: 4000, gap: false },
  { seq: 1, startAt: new Date(at(4)), durationMs: 4000, gap: false },
  { seq: 2, startAt: new Date(at(28)), durationMs: 4000, gap: true },
];

describe('where a moment is in a recording', () => {
  it.each([
    [0, 0],
    [3.5, 3500],
    [7.999, 7999],
    [31, 11_000],
  ])('%s s after its beginning is at %s ms', (seconds, offset) => {
    expect(offsetAt(segments, at(seconds))).toBe(offset);
  });

  it('is after a break what happened in it', () => {
    expect(offsetAt(segments, at(8))).toBe(8000);
    expect(offsetAt(segments, at(20))).toBe(8000);
  });

  it('is nowhere before its beginning and after its end', () => {
    expect(offsetAt(segments, at(-0.001))).toBeNull();
    expect(offsetAt(segments, at(32))).toBeNull();
    expect(offsetAt([], at(0))).toBeNull();
  });
});

describe('breaks', () => {
  it('are where nothing was recorded, not where two clocks differ by a moment', () => {
    expect(gapsOf(segments)).toEqual([
      {
        offsetMs: 8000,
        from: new Date(at(8)).toISOString(),
        to: new Date(at(28)).toISOString(),
      },
    ]);
    const close = [segments[0]!, { startAt: new Date(at(4.4)), durationMs: 4000, gap: true }];
    expect(gapsOf(close)).toEqual([]);
  });
});

describe('a playlist', () => {
  it('lists what there is, with breaks, lengths and the key', () => {
    expect(writePlaylist(segments, true).split('\n')).toEqual([
      '#EXTM3U',
      '#EXT-X-VERSION:3',
      '#EXT-X-TARGETDURATION:4',
      '#EXT-X-MEDIA-SEQUENCE:0',
      '#EXT-X-PLAYLIST-TYPE:VOD',
      '#EXT-X-KEY:METHOD=AES-128,URI="key"',
      '#EXT-X-PROGRAM-DATE-TIME:2026-11-20T06:00:00.000Z',
      '#EXTINF:4.000,',
      'segments/0.ts',
      '#EXTINF:4.000,',
      'segments/1.ts',
      '#EXT-X-DISCONTINUITY',
      '#EXT-X-PROGRAM-DATE-TIME:2026-11-20T06:00:28.000Z',
      '#EXTINF:4.000,',
      'segments/2.ts',
      '#EXT-X-ENDLIST',
      '',
    ]);
  });

  it('grows while it is recorded, and is one also before the first segment', () => {
    const growing = writePlaylist([], false);
    expect(growing).toContain('#EXT-X-PLAYLIST-TYPE:EVENT');
    expect(growing).not.toContain('ENDLIST');
  });
});
