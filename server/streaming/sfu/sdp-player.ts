import type { types } from 'mediasoup';
import type * as sdpTransform from 'sdp-transform';
import {
  type AnsweringTransport,
  answerWith,
  dtlsOf,
  feedbackLines,
  formatOf,
  OfferError,
  parseOffer,
  type Section,
  sameH264,
} from './sdp-offer.ts';

/** What a player offers to receive (WHEP): the one video that it is shown, under the numbers that it gave to it. */
export interface PlayerOffer {
  description: sdpTransform.SessionDescription;
  mid: string;
  dtlsParameters: types.DtlsParameters;
  /** As the player numbers it: what a router for this player has to be made with. */
  codec: types.RouterRtpCodecCapability;
  /** What it can do with it, to consume by; header extensions with the player's numbers. */
  rtpCapabilities: types.RtpCapabilities;
}

/**
 * Reads an offer that receives video of this codec. Throws `OfferError`: `sdp-codec-unsupported` where the player knows
 * others only.
 */
export function readPlayerOffer(sdp: string, shown: types.RtpCodecParameters): PlayerOffer {
  const description = parseOffer(sdp);
  const media = description.media.find((one) => one.type === 'video' && isReceiving(one));
  if (!media) throw new OfferError('sdp-without-video', 'The offer receives no video.');
  const payload = payloadOf(media, shown);
  if (payload === null) {
    const name = shown.mimeType.replace('video/', '');
    throw new OfferError('sdp-codec-unsupported', `The stream is ${name}, which the offer does not have.`);
  }
  const { mimeType, clockRate } = shown;
  const parameters = formatFor(shown);
  const feedback = (media.rtcpFb ?? [])
    .filter((one) => String(one.payload) === String(payload) || String(one.payload) === '*')
    .map(({ type, subtype }) => ({ type, parameter: subtype ?? '' }));
  const codec = { kind: 'video' as const, mimeType, clockRate, preferredPayloadType: payload, parameters };
  return {
    description,
    mid: String(media.mid ?? '0'),
    dtlsParameters: dtlsOf(media, description),
    codec,
    rtpCapabilities: {
      codecs: [{ ...codec, rtcpFeedback: feedback }],
      headerExtensions: (media.ext ?? []).map(({ uri, value }) => ({
        kind: 'video' as const,
        uri: uri as types.RtpHeaderExtensionUri,
        preferredId: value,
      })),
    },
  };
}

/** The answer that sends what a consumer of that video has. */
export function writePlayerAnswer(
  offer: PlayerOffer,
  transport: AnsweringTransport,
  { codecs, encodings, headerExtensions = [], rtcp }: types.RtpParameters,
): string {
  const main = codecs[0]!;
  const { payloadType } = main;
  const { ssrc } = encodings![0]!;
  const cname = rtcp?.cname ?? 'stream';
  return answerWith(offer.description, offer.mid, transport, (offered) => ({
    payloads: String(payloadType),
    direction: 'sendonly',
    rtp: offered.rtp.filter(({ payload }) => payload === payloadType),
    fmtp: (offered.fmtp ?? []).filter(({ payload }) => payload === payloadType),
    rtcpFb: feedbackLines(main),
    ext: headerExtensions.map(({ uri, id }) => ({ uri, value: id })),
    msid: [{ id: 'stream', appdata: 'video' }],
    ssrcs: [
      { id: ssrc, attribute: 'cname', value: cname },
      { id: ssrc, attribute: 'msid', value: 'stream video' },
    ],
  }));
}

const isReceiving = (media: Section): boolean =>
  (media.port !== 0 || media.bundleOnly !== undefined) &&
  media.direction !== 'sendonly' &&
  media.direction !== 'inactive' &&
  Array.isArray(media.rtp);

/** The number that the player gave to the codec; null where it does not know it. */
function payloadOf(media: Section, shown: types.RtpCodecParameters): number | null {
  const listed = new Set(
    String(media.payloads ?? '')
      .split(' ')
      .map(Number),
  );
  const found = media.rtp.find(
    ({ payload, codec, rate }) =>
      payload <= 127 &&
      listed.has(payload) &&
      shown.mimeType.toLowerCase() === `video/${codec}`.toLowerCase() &&
      rate === shown.clockRate &&
      (codec.toLowerCase() !== 'h264' || sameH264(formatOf(media, payload), shown.parameters ?? {})),
  );
  return found?.payload ?? null;
}

/** Of H.264 what tells its kinds apart; a sender's other hints are not for players. */
function formatFor({ mimeType, parameters = {} }: types.RtpCodecParameters): Record<string, unknown> {
  if (mimeType.toLowerCase() !== 'video/h264') return {};
  const { 'packetization-mode': mode, 'profile-level-id': profile } = parameters as Record<string, unknown>;
  return {
    'packetization-mode': mode ?? 0,
    'level-asymmetry-allowed': 1,
    ...(profile === undefined ? {} : { 'profile-level-id': profile }),
  };
}
