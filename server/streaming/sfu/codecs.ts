import type { types } from 'mediasoup';

const h264 = (profile: string): types.RouterRtpCodecCapability => ({
  kind: 'video',
  mimeType: 'video/H264',
  clockRate: 90_000,
  parameters: { 'packetization-mode': 1, 'profile-level-id': profile, 'level-asymmetry-allowed': 1 },
});

/**
 * What is taken in and given out, the preferred first. VP8 decodes with the least delay; encoders and cameras speak
 * H.264, each of these profiles being one that some of them insist on. There is no audio: nothing here listens.
 */
export const MEDIA_CODECS: types.RouterRtpCodecCapability[] = [
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 },
  ...['42e01f', '42001f', '4d0032', '640032', '640c1f'].map(h264),
];
