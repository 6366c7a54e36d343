import type { RelaySpec } from '../messages.ts';
import { scaleDown } from '../sources/ffmpeg-args.ts';

/** Fits a datagram of any network after what SRTP and TURN add to it. */
const PACKET_BYTES = 1200;
const TRANSCODED = { width: 1280, kbps: 2500, keyFrameS: 1 };

/** What ffmpeg writes to: the ports of the media worker. */
export function relayTarget({ rtpPort, rtcpPort }: RelaySpec): string {
  return `rtp://127.0.0.1:${rtpPort}?rtcpport=${rtcpPort}&pkt_size=${PACKET_BYTES}`;
}

export function relayOutput({ transcode, payloadType, ssrc }: RelaySpec): string[] {
  return [
    ...['-map', '0:V:0', '-an', '-sn', '-dn'],
    ...(transcode ? encode() : COPY),
    ...['-f', 'rtp', '-payload_type', String(payloadType), '-ssrc', String(ssrc)],
    // Twice a second, among the messages: by it the relay knows that packets flow.
    ...['-progress', 'pipe:2'],
  ];
}

/** Parameter sets that a camera tells only in its description are repeated with every key frame: viewers come late. */
const COPY = ['-c:v', 'copy', '-bsf:v', 'dump_extra'];

/** Constrained baseline without reordered frames: what every browser decodes, each frame when it comes. */
function encode(): string[] {
  const { width, kbps, keyFrameS } = TRANSCODED;
  return [
    ...['-vf', `${scaleDown(width)},format=yuv420p`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline'],
    ...['-threads', '1', '-bf', '0', '-force_key_frames', `expr:gte(t,n_forced*${keyFrameS})`],
    ...['-b:v', `${kbps}k`, '-maxrate', `${kbps}k`, '-bufsize', `${kbps}k`],
  ];
}
