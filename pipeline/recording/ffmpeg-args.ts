import type { FfmpegFeatures } from '../sources/ffmpeg.ts';
import { PMT_PID, VIDEO_PID } from './ts-cutter.ts';

/** H.264 is copied as it comes; whatever else is made into H.264, which every browser plays. */
export type RecordingMode = 'copy' | 'transcode';

/** A video as an MPEG transport stream on standard output, with a key frame at least every `keyS` seconds where it is made. */
export function segmentsOutput(mode: RecordingMode, keyS: number, features: FfmpegFeatures): string[] {
  return [
    ...['-map', '0:V:0', '-an', '-sn', '-dn'],
    ...(mode === 'copy'
      ? // The muxer puts parameter sets that the source says only once before every key frame.
        ['-c:v', 'copy']
      : [
          ...['-vf', 'scale=trunc(iw/2)*2:trunc(ih/2)*2,format=yuv420p', features.frameTiming, 'passthrough'],
          ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-threads', '1'],
          ...['-crf', '27', '-maxrate', '3M', '-bufsize', '6M'],
          ...['-force_key_frames', `expr:gte(t,n_forced*${keyS})`],
        ]),
    // A packet is written as soon as it is there: what is in the muxer is lost with the process.
    ...['-muxdelay', '0', '-muxpreload', '0', '-flush_packets', '1', '-avoid_negative_ts', 'make_zero'],
    ...['-mpegts_pmt_start_pid', String(PMT_PID), '-mpegts_start_pid', String(VIDEO_PID), '-f', 'mpegts'],
  ];
}
