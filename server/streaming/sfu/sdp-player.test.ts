import type { types } from 'mediasoup';
import { describe, expect, it } from 'vitest';
import { OfferError } from './sdp-offer.ts';
import { readPlayerOffer, writePlayerAnswer } from './sdp-player.ts';

const FINGERPRINT = Array.from({ length: 32 }, (_, at) => (at + 16).toString(16).toUpperCase()).join(':');
const HEAD = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  'a=ice-ufrag:play',
  'a=ice-pwd:er00er00er00er00er00er00',
];
const AUDIO = ['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=recvonly', 'a=rtpmap:111 opus/48000/2'];
const VIDEO = [
  'm=video 9 UDP/TLS/RTP/SAVPF 45 98 99 103 104',
  'a=mid:1',
  'a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=recvonly',
  'a=rtpmap:45 AV1/90000',
  'a=rtpmap:98 VP8/90000',
  'a=rtcp-fb:98 nack',
  'a=rtcp-fb:98 nack pli',
  'a=rtpmap:99 rtx/90000',
  'a=fmtp:99 apt=98',
  'a=rtpmap:103 H264/90000',
  'a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
  'a=rtpmap:104 H264/90000',
  'a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f',
];
const offer = (...lines: string[]) => [...HEAD, ...lines, ''].join('\r\n');
const codec = (mimeType: string, parameters = {}): types.RtpCodecParameters => ({
  ...{ mimeType, payloadType: 101, clockRate: 90_000, parameters },
});
const VP8 = codec('video/VP8', { 'x-google-start-bitrate': 800 });

const refusal = (sdp: string, shown = VP8): string => {
  try {
    readPlayerOffer(sdp, shown);
  } catch (error) {
    if (error instanceof OfferError) return error.code;
    throw error;
  }
  return 'taken';
};

describe('a player’s offer', () => {
  it('gives the codec of the stream the number that the player has for it', () => {
    const { mid, codec: vp8, rtpCapabilities } = readPlayerOffer(offer(...AUDIO, ...VIDEO), VP8);
    expect(mid).toBe('1');
    expect(vp8).toMatchObject({ mimeType: 'video/VP8', preferredPayloadType: 98, parameters: {} });
    expect(rtpCapabilities.codecs![0]!.rtcpFeedback).toEqual([
      { type: 'nack', parameter: '' },
      { type: 'nack', parameter: 'pli' },
    ]);
    expect(rtpCapabilities.headerExtensions).toMatchObject([{ preferredId: 9 }]);
  });

  it('finds H.264 by its profile; levels may differ', () => {
    const h264 = (profile: string) =>
      readPlayerOffer(
        offer(...VIDEO),
        codec('video/H264', { 'packetization-mode': 1, 'profile-level-id': profile }),
      ).codec.preferredPayloadType;
    expect([h264('42e01f'), h264('42e028'), h264('640032')]).toEqual([103, 103, 104]);
    expect(refusal(offer(...VIDEO), codec('video/H264', { 'profile-level-id': '4d0032' }))).toBe(
      'sdp-codec-unsupported',
    );
  });

  it('is refused where it receives nothing that the stream is', () => {
    expect(refusal(offer(...AUDIO))).toBe('sdp-without-video');
    expect(refusal(offer(...VIDEO.map((line) => line.replace('recvonly', 'sendonly'))))).toBe(
      'sdp-without-video',
    );
    expect(refusal(offer(...VIDEO.filter((line) => !/:9[89] /.test(line))))).toBe('sdp-codec-unsupported');
    expect(refusal(offer(...VIDEO).replace(FINGERPRINT, 'none'))).toBe('sdp-invalid');
    expect(refusal('hello')).toBe('sdp-invalid');
    expect(refusal(offer(...VIDEO.map((line) => line.replace('recvonly', 'sendrecv'))))).toBe('taken');
  });

  it('is answered with the one video, and nothing that the player did not offer', () => {
    const read = readPlayerOffer(offer(...AUDIO, ...VIDEO), VP8);
    const answer = writePlayerAnswer(
      read,
      {
        iceParameters: { usernameFragment: 'server', password: 'secret', iceLite: true },
        iceCandidates: [],
        dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: FINGERPRINT }] },
      },
      {
        codecs: [{ ...VP8, payloadType: 98, rtcpFeedback: [{ type: 'nack', parameter: 'pli' }] }],
        headerExtensions: [],
        encodings: [{ ssrc: 4711 }],
        rtcp: { cname: 'camera' },
      },
    );
    expect(answer).toMatch(/m=audio 0 /);
    expect(answer).toMatch(/m=video 7 UDP\/TLS\/RTP\/SAVPF 98\r\n/);
    expect(answer).toMatch(/a=sendonly\r\n/);
    expect(answer).toMatch(/a=rtcp-fb:98 nack pli\r\n/);
    expect(answer).toMatch(/a=ssrc:4711 cname:camera\r\n/);
    expect(answer).not.toMatch(/rtx|AV1|extmap/);
  });
});
