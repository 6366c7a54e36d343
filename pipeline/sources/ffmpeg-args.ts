import { resolve } from 'node:path';
import type { Sampling } from '../messages.ts';
import type { FfmpegFeatures } from './ffmpeg.ts';

/** Command-line options of ffmpeg, each with its reason. Pure. */

const QUIET = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'info'];
/** A picture of 64 megapixels is no camera's: it is an attack on the memory. */
const MAX_PIXELS = 64 * 1024 * 1024;
/** More threads mean more frames in flight, that is latency; streams share the cores by being many. */
const DECODER = ['-threads', '1', '-max_pixels', String(MAX_PIXELS)];
/** Frames are never larger than this, whatever the camera sends. */
const MAX_WIDTH = 7680;
const MAX_HEIGHT = 4320;
/** Some cameras send nothing but key frames; economy mode stays economical there, too. */
const KEYFRAMES_PER_SECOND = 2;

/**
 * Containers that may be played as files. Playlists and anything else that can name further files or addresses
 * are left out. Audio containers are in, to say "no video" instead of "not accepted".
 */
const CONTAINERS = [
  ...[
    'mov',
    'mp4',
    'matroska',
    'webm',
    'avi',
    'mpegts',
    'mpeg',
    'mpegvideo',
    'flv',
    'asf',
    'ogg',
    'mxf',
    'nut',
  ],
  ...['h264', 'hevc', 'm4v', 'mjpeg', 'ivf', 'yuv4mpegpipe', 'gif', 'apng'],
  ...['mp3', 'wav', 'flac', 'aac'],
];
/** Opened as one picture: by itself ffmpeg takes a `%d` in such a name for a series of files. */
const PICTURE = /\.(jpe?g|png|webp|bmp|tiff?)$/i;

export interface InputArgs {
  input: string;
  inputOptions: string[];
}

/** `url` has been checked; its host is an address. */
export function rtspInput(
  url: string,
  sampling: Sampling | null,
  features: FfmpegFeatures,
  ioTimeoutMs: number,
): InputArgs {
  return {
    input: url,
    inputOptions: [
      ...QUIET,
      // The RTSP demuxer opens nothing but these; a redirect to http or a file dies here.
      ...['-protocol_whitelist', 'rtp,tcp,tls'],
      // Over TCP: no lost packets, no ports to open, works through NAT.
      ...['-rtsp_transport', 'tcp', '-allowed_media_types', 'video'],
      ...[features.rtspTimeout, String(ioTimeoutMs * 1000)],
      // Describe the stream by its first packets; the size of a frame is known when it is decoded. What was read
      // meanwhile is decoded too (no `-fflags nobuffer`), so that the first key frame counts.
      ...['-analyzeduration', '0', '-probesize', '32', '-fpsprobesize', '0'],
      ...['-flags', 'low_delay', ...DECODER],
      ...skipFrames(sampling),
    ],
  };
}

/** Goes with an SDP on standard input: packets come to ports of this machine. */
export function rtpInput(sampling: Sampling | null): Pick<InputArgs, 'inputOptions'> {
  return {
    inputOptions: [
      ...QUIET,
      ...['-protocol_whitelist', 'pipe,udp,rtp'],
      // Nothing is held back to put packets in order or to guess a rate: the media worker has repaired losses already.
      ...['-flags', 'low_delay', '-analyzeduration', '0', '-probesize', '32', ...DECODER],
      ...skipFrames(sampling),
      ...['-f', 'sdp'],
    ],
  };
}

export function fileInput(path: string, sampling: Sampling | null, seekS = 0): InputArgs {
  return {
    input: `file:${resolve(path)}`,
    inputOptions: [
      ...QUIET,
      ...['-protocol_whitelist', 'file'],
      ...(PICTURE.test(path)
        ? ['-f', 'image2', '-pattern_type', 'none']
        : ['-format_whitelist', CONTAINERS.join(',')]),
      ...DECODER,
      ...skipFrames(sampling),
      ...(seekS > 0 ? ['-ss', seekS.toFixed(3)] : []),
    ],
  };
}

export interface FrameOutput {
  sampling: Sampling;
  /** A camera, which may be joined in the middle of a group of pictures. */
  live: boolean;
  /** 0: no limit but the built-in one. */
  maxWidth: number;
  /** The input is one picture: repeat it for ever at the sampling rate. */
  still: boolean;
}

/** Sampled, scaled rgb24 frames on standard output, and a line about each on standard error before it. */
export function framesOutput(
  { sampling, live, maxWidth, still }: FrameOutput,
  features: FfmpegFeatures,
): string[] {
  const rate = sampling.mode === 'fps' ? sampling.fps : KEYFRAMES_PER_SECOND;
  const pick = still ? `loop=loop=-1:size=1:start=0,setpts=N/(${rate}*TB)` : selectRate(rate, live);
  return [
    ...onlyVideo,
    ...['-vf', [pick, scaleDown(maxWidth), 'format=rgb24', features.showinfo].join(',')],
    // A frame in is a frame out: ffmpeg neither repeats nor drops any to keep a rate.
    ...[features.frameTiming, 'passthrough'],
    ...(features.autoscale ? ['-autoscale', '0'] : []),
    ...['-threads', '1', '-f', 'rawvideo'],
  ];
}

/** The first whole picture as a JPEG on standard output; its line tells the size before scaling. */
export function snapshotOutput(live: boolean, maxWidth: number, features: FfmpegFeatures): string[] {
  const first = live ? [`select='${WHOLE}'`] : [];
  return [
    ...onlyVideo,
    ...['-vf', [...first, features.showinfo, scaleDown(maxWidth), 'format=yuvj420p'].join(',')],
    ...['-frames:v', '1', '-threads', '1', '-c:v', 'mjpeg', '-q:v', '3', '-f', 'image2pipe'],
  ];
}

/** `V`: a video stream that is not the cover picture of an audio file. */
const onlyVideo = ['-map', '0:V:0', '-an', '-sn', '-dn'];

function skipFrames(sampling: Sampling | null): string[] {
  return sampling?.mode === 'keyframes' ? ['-skip_frame', 'nokey'] : [];
}

/**
 * Before the first key frame ffmpeg's HEVC decoder gives pictures made of differences to nothing: grey smears. A
 * stream that marks no key frames is believed after 8 s.
 */
const WHOLE = 'key+gte(t,8)';

/**
 * One frame for each tick of a grid of `rate` a second: the first after the tick. Against "at least 1/rate after
 * the last one" the mean rate is right for any rate of the camera, and after a jump of the timestamps (in either
 * direction) the next frame is taken. The offset keeps ticks off the round times on which frames often lie.
 */
export function selectRate(rate: number, live: boolean): string {
  const tick = (time: string) => `floor(${time}*${rate}+0.27)`;
  const due = `isnan(prev_selected_t)+not(eq(${tick('t')},${tick('prev_selected_t')}))`;
  return live ? `select='if(${WHOLE},st(0,1));ld(0)*(${due})'` : `select='${due}'`;
}

/** Square pixels, even sides, the proportions kept, never enlarged. */
export function scaleDown(maxWidth: number): string {
  const widest = maxWidth > 0 ? Math.min(maxWidth, MAX_WIDTH) : MAX_WIDTH;
  const k = `min(1\\,min(${widest}/(iw*sar)\\,${MAX_HEIGHT}/ih))`;
  return `scale=w='2*max(1\\,round(iw*sar*${k}/2))':h='2*max(1\\,round(ih*${k}/2))',setsar=1`;
}
