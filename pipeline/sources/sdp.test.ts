import { parse } from 'sdp-transform';
import { describe, expect, it } from 'vitest';
import { videoSdp } from './sdp.ts';

describe('videoSdp', () => {
  it('describes one video on loopback', () => {
    const sdp = videoSdp(
      { mimeType: 'video/VP8', payloadType: 101, clockRate: 90_000, parameters: {} },
      50_000,
      50_001,
    );
    const { media, connection } = parse(sdp);
    expect(connection?.ip).toBe('127.0.0.1');
    expect(media.length).toBe(1);
    expect(media[0]).toMatchObject({
      ...{ type: 'video', port: 50_000, protocol: 'RTP/AVP', direction: 'recvonly', fmtp: [] },
      rtp: [{ payload: 101, codec: 'VP8', rate: 90_000 }],
      rtcp: { port: 50_001 },
    });
  });

  it('tells the decoder the format of H.264', () => {
    const parameters = { 'packetization-mode': 1, 'profile-level-id': '42e01f' };
    const sdp = videoSdp(
      { mimeType: 'video/H264', payloadType: 103, clockRate: 90_000, parameters },
      50_000,
      50_001,
    );
    expect(parse(sdp).media[0]!.fmtp).toEqual([
      { payload: 103, config: 'packetization-mode=1;profile-level-id=42e01f' },
    ]);
  });
});
