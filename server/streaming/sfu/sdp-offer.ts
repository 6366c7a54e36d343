import { isSameProfile } from 'h264-profile-level-id';
import type { types } from 'mediasoup';
import * as sdpTransform from 'sdp-transform';

/**
 * What encoders and players say in SDP (WHIP, RFC 9725, and WHEP), as the media worker wants it, and the answer. One
 * video goes in or out; whatever else is offered is refused in the answer, section by section, as JSEP asks.
 */

export type Section = sdpTransform.MediaDescription;

export interface VideoOffer {
  dtlsParameters: types.DtlsParameters;
  rtpParameters: types.RtpParameters;
  /** Of the offered sections. */
  mid: string;
}

export interface Offer {
  description: sdpTransform.SessionDescription;
  video: VideoOffer;
}

/** Why an offer cannot be taken; each has its code in the API. */
export class OfferError extends Error {
  override name = 'OfferError';
  readonly code: 'sdp-invalid' | 'sdp-without-video' | 'sdp-codec-unsupported';
  constructor(code: OfferError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Larger ones are an attack; a browser's with simulcast has about 10 kB. */
export const MOST_SDP_BYTES = 64 * 1024;
const MOST_SECTIONS = 16;

/** Reads an offer that sends video. Throws `OfferError`. */
export function readOffer(sdp: string, capabilities: types.RtpCapabilities): Offer {
  const description = parseOffer(sdp);
  const video = description.media.find((media) => media.type === 'video' && isSending(media));
  if (!video) throw new OfferError('sdp-without-video', 'The offer sends no video.');
  const picked = pickCodec(video, capabilities);
  if (!picked) {
    const offered = [...new Set(video.rtp.map(({ codec }) => codec))].slice(0, 10).join(', ');
    throw new OfferError('sdp-codec-unsupported', `Video is taken as VP8 or H.264; offered: ${offered}.`);
  }
  const dtlsParameters = dtlsOf(video, description);
  return {
    description,
    video: {
      mid: String(video.mid ?? '0'),
      dtlsParameters,
      rtpParameters: {
        mid: String(video.mid ?? '0'),
        codecs: picked.codecs,
        headerExtensions: extensions(video, capabilities).map(({ uri, value }) => ({
          uri: uri as types.RtpHeaderExtensionUri,
          id: value,
        })),
        encodings: encodingsOf(video, picked),
        rtcp: { cname: cnameOf(video), reducedSize: true },
      },
    },
  };
}

/** The peer's end of DTLS; it is the client, for we are passive. Throws `OfferError`. */
export function dtlsOf(media: Section, description: sdpTransform.SessionDescription): types.DtlsParameters {
  const fingerprint = media.fingerprint ?? description.fingerprint;
  if (!fingerprint || !(media.iceUfrag ?? description.iceUfrag))
    throw new OfferError('sdp-invalid', 'The offer has no DTLS fingerprint or ICE parameters.');
  const algorithm = fingerprint.type.toLowerCase() as types.FingerprintAlgorithm;
  if (
    !/^sha-(1|224|256|384|512)$/.test(algorithm) ||
    !/^([\da-f]{2}:){19,63}[\da-f]{2}$/i.test(fingerprint.hash)
  )
    throw new OfferError('sdp-invalid', 'The DTLS fingerprint cannot be read.');
  return { role: 'client', fingerprints: [{ algorithm, value: fingerprint.hash }] };
}

/** Throws `OfferError`. */
export function parseOffer(sdp: string): sdpTransform.SessionDescription {
  if (Buffer.byteLength(sdp) > MOST_SDP_BYTES) throw new OfferError('sdp-invalid', 'The offer is too long.');
  if (!/^v=0\r?\n/.test(sdp)) throw new OfferError('sdp-invalid', 'The body is no session description.');
  let description: sdpTransform.SessionDescription;
  try {
    description = sdpTransform.parse(sdp);
  } catch {
    throw new OfferError('sdp-invalid', 'The session description cannot be read.');
  }
  if (!Array.isArray(description.media) || description.media.length > MOST_SECTIONS)
    throw new OfferError('sdp-invalid', 'The offer has too many sections.');
  return description;
}

const isSending = (media: Section): boolean =>
  (media.port !== 0 || media.bundleOnly !== undefined) &&
  media.direction !== 'recvonly' &&
  media.direction !== 'inactive' &&
  Array.isArray(media.rtp);

interface Picked {
  payload: number;
  rtx: number | null;
  codecs: types.RtpCodecParameters[];
}

/** The first codec of the offer that is taken here, with its retransmissions. */
function pickCodec(media: Section, capabilities: types.RtpCapabilities): Picked | null {
  // Retransmissions are no video by themselves.
  const known = (capabilities.codecs ?? []).filter(
    ({ kind, mimeType }) => kind === 'video' && !/\/(rtx|red|ulpfec|flexfec.*)$/i.test(mimeType),
  );
  const listed = new Set(
    String(media.payloads ?? '')
      .split(' ')
      .map(Number),
  );
  for (const { payload, codec, rate } of media.rtp) {
    if (payload > 127 || !listed.has(payload)) continue;
    const parameters = formatOf(media, payload);
    const match = known.find(
      (one) =>
        one.mimeType.toLowerCase() === `video/${codec}`.toLowerCase() &&
        one.clockRate === rate &&
        (codec.toLowerCase() !== 'h264' || sameH264(parameters, one.parameters ?? {})),
    );
    if (!match) continue;
    const feedback = (media.rtcpFb ?? [])
      .filter((one) => String(one.payload) === String(payload) || String(one.payload) === '*')
      .map(({ type, subtype }) => ({ type, parameter: subtype ?? '' }))
      .filter(({ type, parameter }) =>
        match.rtcpFeedback?.some((one) => one.type === type && (one.parameter ?? '') === parameter),
      );
    const codecs: types.RtpCodecParameters[] = [
      {
        mimeType: match.mimeType,
        payloadType: payload,
        clockRate: match.clockRate,
        parameters,
        rtcpFeedback: feedback,
      },
    ];
    const rtx = media.rtp.find(
      (one) => one.codec.toLowerCase() === 'rtx' && Number(formatOf(media, one.payload).apt) === payload,
    );
    if (rtx) {
      codecs.push({
        mimeType: 'video/rtx',
        payloadType: rtx.payload,
        clockRate: match.clockRate,
        parameters: { apt: payload },
        rtcpFeedback: [],
      });
    }
    return { payload, rtx: rtx?.payload ?? null, codecs };
  }
  return null;
}

export function formatOf(media: Section, payload: number): Record<string, string | number> {
  const config = media.fmtp?.find((one) => one.payload === payload)?.config ?? '';
  const read = sdpTransform.parseParams(config) as Record<string, string | number>;
  // All-digit values come as numbers; a profile like 420029 loses nothing, one like 042001 its zero.
  if (read['profile-level-id'] !== undefined)
    read['profile-level-id'] = String(read['profile-level-id']).padStart(6, '0');
  return read;
}

export function sameH264(offered: Record<string, string | number>, known: Record<string, unknown>): boolean {
  const mode = (parameters: Record<string, unknown>) => Number(parameters['packetization-mode'] ?? 0);
  try {
    return mode(offered) === mode(known) && isSameProfile(offered, known as Record<string, string>);
  } catch {
    return false;
  }
}

function extensions(media: Section, capabilities: types.RtpCapabilities) {
  const known = new Set(
    (capabilities.headerExtensions ?? [])
      .filter(
        ({ kind, direction }) => kind === 'video' && direction !== 'sendonly' && direction !== 'inactive',
      )
      .map(({ uri }) => uri as string),
  );
  return (media.ext ?? []).filter(({ uri }) => known.has(uri));
}

function ridsOf(media: Section): string[] {
  if (!media.simulcast?.list1) return [];
  return sdpTransform.parseSimulcastStreamList(media.simulcast.list1).map(([first]) => String(first!.scid));
}

function encodingsOf(media: Section, { rtx }: Picked): types.RtpEncodingParameters[] {
  const rids = ridsOf(media);
  if (rids.length > 0) return rids.map((rid) => ({ rid }));
  const group = media.ssrcGroups
    ?.find(({ semantics }) => semantics === 'FID')
    ?.ssrcs.toString()
    .split(' ')
    .map(Number);
  const main = group?.[0] ?? media.ssrcs?.map(({ id }) => Number(id))[0];
  // Without a source the packets are told apart by their mid.
  if (main === undefined) return [{}];
  return [{ ssrc: main, ...(group?.[1] !== undefined && rtx !== null ? { rtx: { ssrc: group[1] } } : {}) }];
}

const cnameOf = (media: Section): string =>
  String(media.ssrcs?.find(({ attribute }) => attribute === 'cname')?.value ?? 'whip');

/** The answer that takes the one video and refuses the rest. */
export function writeAnswer(
  { description, video }: Offer,
  transport: AnsweringTransport,
  capabilities: types.RtpCapabilities,
): string {
  return answerWith(description, video.mid, transport, (offered) => {
    const payloads = video.rtpParameters.codecs.map(({ payloadType }) => payloadType);
    const main = video.rtpParameters.codecs[0]!;
    const rids = ridsOf(offered);
    return {
      payloads: payloads.join(' '),
      direction: 'recvonly',
      rtp: offered.rtp.filter(({ payload }) => payloads.includes(payload)),
      fmtp: (offered.fmtp ?? []).filter(({ payload }) => payloads.includes(payload)),
      rtcpFb: feedbackLines(main),
      ext: extensions(offered, capabilities),
      ...(rids.length > 0
        ? {
            rids: rids.map((id) => ({ id, direction: 'recv' })),
            simulcast: { dir1: 'recv', list1: rids.join(';') },
          }
        : {}),
    };
  });
}

export type AnsweringTransport = Pick<
  types.WebRtcTransport,
  'iceParameters' | 'iceCandidates' | 'dtlsParameters'
>;

export const feedbackLines = ({ payloadType, rtcpFeedback = [] }: types.RtpCodecParameters) =>
  rtcpFeedback.map(({ type, parameter }) => ({
    payload: payloadType,
    type,
    ...(parameter ? { subtype: parameter } : {}),
  }));

/** An answer to an offer of which one section, a video, is taken; `taken` says what of it. */
export function answerWith(
  description: sdpTransform.SessionDescription,
  taken: string,
  { iceParameters, iceCandidates, dtlsParameters }: AnsweringTransport,
  video: (offered: Section) => object,
): string {
  const fingerprint = dtlsParameters.fingerprints.find(({ algorithm }) => algorithm === 'sha-256')!;
  const media = description.media.map((offered): Section => {
    const mid = String(offered.mid ?? '0');
    const base = {
      mid,
      type: offered.type,
      protocol: offered.protocol,
      connection: { version: 4, ip: '0.0.0.0' },
    };
    if (mid !== taken || offered.type !== 'video') {
      const payloads = String(offered.payloads ?? '0').split(' ')[0]!;
      return { ...base, port: 0, payloads, direction: 'inactive', rtp: [], fmtp: [] } as unknown as Section;
    }
    return {
      ...base,
      port: 7,
      ...video(offered),
      rtcpMux: 'rtcp-mux',
      rtcpRsize: 'rtcp-rsize',
      setup: 'passive',
      iceUfrag: iceParameters.usernameFragment,
      icePwd: iceParameters.password,
      fingerprint: { type: fingerprint.algorithm, hash: fingerprint.value },
      candidates: iceCandidates.map((one) => ({
        foundation: one.foundation,
        component: 1,
        transport: one.protocol,
        priority: one.priority,
        ip: one.address,
        port: one.port,
        type: one.type,
        ...(one.tcpType ? { tcptype: one.tcpType } : {}),
      })),
      endOfCandidates: 'end-of-candidates',
    } as unknown as Section;
  });
  return sdpTransform.write({
    version: 0,
    origin: { username: '-', sessionId: 1, sessionVersion: 1, netType: 'IN', ipVer: 4, address: '127.0.0.1' },
    name: '-',
    timing: { start: 0, stop: 0 },
    icelite: 'ice-lite',
    msidSemantic: { semantic: 'WMS', token: '*' },
    groups: [{ type: 'BUNDLE', mids: taken }],
    media,
  } as unknown as sdpTransform.SessionDescription);
}
