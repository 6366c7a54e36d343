import { getSupportedRtpCapabilities } from 'mediasoup';
import { describe, expect, it } from 'vitest';
import { MEDIA_CODECS } from './codecs.ts';
import { MOST_SDP_BYTES, OfferError, readOffer, writeAnswer } from './sdp-offer.ts';

/** As a router of these codecs has them; payload types do not matter to an offer. */
const capabilities = {
  codecs: MEDIA_CODECS.flatMap((codec, at) => [
    {
      ...codec,
      preferredPayloadType: 100 + 2 * at,
      rtcpFeedback: [
        { type: 'nack', parameter: '' },
        { type: 'nack', parameter: 'pli' },
      ],
    },
    {
      kind: codec.kind,
      mimeType: 'video/rtx',
      clockRate: 90_000,
      preferredPayloadType: 101 + 2 * at,
      parameters: { apt: 100 + 2 * at },
    },
  ]),
  headerExtensions: getSupportedRtpCapabilities().headerExtensions!,
};

const FINGERPRINT = Array.from({ length: 32 }, (_, at) =>
  at.toString(16).padStart(2, '0').toUpperCase(),
).join(':');

function offer(lines: string[], { session = [] as string[] } = {}): string {
  return [
    'v=0',
    'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0 1',
    `a=fingerprint:sha-256 ${FINGERPRINT}`,
    'a=ice-ufrag:abcd',
    'a=ice-pwd:abcdefghijklmnopqrstuvwx',
    ...session,
    ...lines,
    '',
  ].join('\r\n');
}

const AUDIO = [
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 0.0.0.0',
  'a=mid:0',
  'a=sendonly',
  'a=rtpmap:111 opus/48000/2',
];
const video = (codecs: string[], payloads: string, more: string[] = []) => [
  `m=video 9 UDP/TLS/RTP/SAVPF ${payloads}`,
  'c=IN IP4 0.0.0.0',
  'a=mid:1',
  'a=sendonly',
  'a=rtcp-mux',
  ...codecs,
  ...more,
];
const VP8 = [
  'a=rtpmap:96 VP8/90000',
  'a=rtcp-fb:96 nack',
  'a=rtcp-fb:96 nack pli',
  'a=rtcp-fb:96 transport-cc',
];
const VP8_RTX = ['a=rtpmap:97 rtx/90000', 'a=fmtp:97 apt=96'];
const h264 = (profile: string, mode = 1) => [
  'a=rtpmap:102 H264/90000',
  `a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${profile}`,
];
const SOURCES = ['a=ssrc-group:FID 1111 2222', 'a=ssrc:1111 cname:me', 'a=ssrc:2222 cname:me'];

const refusal = (sdp: string): string => {
  try {
    readOffer(sdp, capabilities);
  } catch (error) {
    if (error instanceof OfferError) return error.code;
    throw error;
  }
  return 'taken';
};

describe('an offer', () => {
  it('of a browser is taken with its retransmissions, sources and the feedback that both know', () => {
    const { video: taken } = readOffer(
      offer([...AUDIO, ...video([...VP8, ...VP8_RTX], '96 97', SOURCES)]),
      capabilities,
    );
    expect(taken.mid).toBe('1');
    expect(taken.dtlsParameters.fingerprints).toEqual([{ algorithm: 'sha-256', value: FINGERPRINT }]);
    expect(taken.rtpParameters.codecs.map(({ mimeType, payloadType }) => [mimeType, payloadType])).toEqual([
      ['video/VP8', 96],
      ['video/rtx', 97],
    ]);
    expect(taken.rtpParameters.codecs[0]!.rtcpFeedback).toEqual([
      { type: 'nack', parameter: '' },
      { type: 'nack', parameter: 'pli' },
    ]);
    expect(taken.rtpParameters.encodings).toEqual([{ ssrc: 1111, rtx: { ssrc: 2222 } }]);
    expect(taken.rtpParameters.rtcp?.cname).toBe('me');
  });

  it('with simulcast keeps its layers', () => {
    const layers = ['a=rid:s send', 'a=rid:f send', 'a=simulcast:send s;f'];
    const { video: taken } = readOffer(offer(video(VP8, '96', layers)), capabilities);
    expect(taken.rtpParameters.encodings).toEqual([{ rid: 's' }, { rid: 'f' }]);
  });

  it('of an encoder is taken in every usual profile of H.264, and packed in one way only', () => {
    for (const profile of ['42e01f', '42001f', '4d0032', '640032', '42c01e', '640c1f']) {
      expect([profile, refusal(offer(video(h264(profile), '102')))]).toEqual([profile, 'taken']);
    }
    expect(refusal(offer(video(h264('42e01f', 0), '102')))).toBe('sdp-codec-unsupported');
  });

  it('is refused where there is nothing to take, each with its code', () => {
    expect(refusal(offer(AUDIO))).toBe('sdp-without-video');
    expect(refusal(offer(video(VP8, '96').map((line) => line.replace('sendonly', 'recvonly'))))).toBe(
      'sdp-without-video',
    );
    expect(refusal(offer(video(['a=rtpmap:45 AV1/90000'], '45')))).toBe('sdp-codec-unsupported');
    const av1Rtx = ['a=rtpmap:45 AV1/90000', 'a=rtpmap:46 rtx/90000', 'a=fmtp:46 apt=45'];
    expect(refusal(offer(video(av1Rtx, '45 46')))).toBe('sdp-codec-unsupported');
    expect(refusal(offer(video(['a=rtpmap:300 VP8/90000'], '300')))).toBe('sdp-codec-unsupported');
    expect(refusal(offer(video(VP8, '98')))).toBe('sdp-codec-unsupported');
    expect(refusal(offer(video(VP8, '96')).replace(FINGERPRINT, 'ab:cd'))).toBe('sdp-invalid');
    expect(refusal(offer(video(VP8, '96')).replace(/a=fingerprint.*\r\n/, ''))).toBe('sdp-invalid');
    expect(refusal('')).toBe('sdp-invalid');
    expect(refusal('hello')).toBe('sdp-invalid');
    expect(refusal('v=0\r\n')).toBe('sdp-without-video');
    expect(refusal(`v=0\r\n${'a=x\r\n'.repeat(MOST_SDP_BYTES / 4)}`)).toBe('sdp-invalid');
    expect(refusal(offer(Array.from({ length: 40 }, () => AUDIO).flat()))).toBe('sdp-invalid');
  });

  it('never breaks on bytes that mean nothing', () => {
    const good = offer([...AUDIO, ...video([...VP8, ...h264('42e01f')], '96 102', SOURCES)]);
    for (let at = 0; at < good.length; at += 7) {
      for (const damaged of [good.slice(0, at), `${good.slice(0, at)}\u0000=${good.slice(at + 3)}`]) {
        expect(['taken', 'sdp-invalid', 'sdp-without-video', 'sdp-codec-unsupported']).toContain(
          refusal(damaged),
        );
      }
    }
  });
});

describe('an answer', () => {
  it('takes the video, refuses the rest, and names where to send', () => {
    const read = readOffer(offer([...AUDIO, ...video([...VP8, ...VP8_RTX], '96 97', SOURCES)]), capabilities);
    const answer = writeAnswer(
      read,
      {
        iceParameters: { usernameFragment: 'server', password: 'secret', iceLite: true },
        iceCandidates: [
          {
            foundation: 'udp',
            priority: 1,
            address: '192.0.2.1',
            ip: '192.0.2.1',
            protocol: 'udp',
            port: 8790,
            type: 'host',
          },
        ],
        dtlsParameters: { role: 'auto', fingerprints: [{ algorithm: 'sha-256', value: FINGERPRINT }] },
      },
      capabilities,
    );
    const [, audio, taken] = answer.split('m=');
    expect(audio).toMatch(/^audio 0 /);
    expect(taken).toMatch(/^video 7 UDP\/TLS\/RTP\/SAVPF 96 97/);
    expect(taken).toContain('a=recvonly');
    expect(taken).toContain('a=setup:passive');
    expect(taken).toContain('192.0.2.1 8790 typ host');
    expect(taken).not.toContain('transport-cc');
  });
});
