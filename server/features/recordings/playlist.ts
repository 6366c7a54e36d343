/** One segment as the playlist names it. */
export interface ListedSegment {
  seq: number;
  startAt: Date;
  durationMs: number;
  gap: boolean;
}

/**
 * The playlist of a recording, RFC 8216. It is made of what is whole on the disk, so it can be played at any time, also
 * after a crash. While it is being recorded it is one that grows (`EVENT`).
 */
export function writePlaylist(segments: readonly ListedSegment[], finished: boolean): string {
  const longest = segments.reduce((most, { durationMs }) => Math.max(most, durationMs), 1000);
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:3',
    // No segment may be longer than this, rounded to whole seconds.
    `#EXT-X-TARGETDURATION:${Math.ceil(longest / 1000)}`,
    `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.seq ?? 0}`,
    `#EXT-X-PLAYLIST-TYPE:${finished ? 'VOD' : 'EVENT'}`,
    // Without an IV it is the media sequence number.
    '#EXT-X-KEY:METHOD=AES-128,URI="key"',
    ...segments.flatMap(({ seq, startAt, durationMs, gap }, index) => [
      ...(gap && index > 0 ? ['#EXT-X-DISCONTINUITY'] : []),
      ...(gap || index === 0 ? [`#EXT-X-PROGRAM-DATE-TIME:${startAt.toISOString()}`] : []),
      `#EXTINF:${(durationMs / 1000).toFixed(3)},`,
      `segments/${seq}.ts`,
    ]),
    ...(finished ? ['#EXT-X-ENDLIST'] : []),
    '',
  ].join('\n');
}
