import type { RtpCodec } from '../messages.ts';

/** The description of one video stream that arrives on these ports of this machine, for ffmpeg. */
export function videoSdp(codec: RtpCodec, rtpPort: number, rtcpPort: number): string {
  const { payloadType, clockRate } = codec;
  const name = codec.mimeType.split('/')[1];
  const format = Object.entries(codec.parameters).map(([key, value]) => `${key}=${value}`);
  return [
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    's=stream',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=video ${rtpPort} RTP/AVP ${payloadType}`,
    `a=rtcp:${rtcpPort}`,
    `a=rtpmap:${payloadType} ${name}/${clockRate}`,
    ...(format.length > 0 ? [`a=fmtp:${payloadType} ${format.join(';')}`] : []),
    'a=recvonly',
    '',
  ].join('\r\n');
}
