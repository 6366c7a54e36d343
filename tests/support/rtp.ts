import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { RtpCodec } from '../../pipeline/messages.ts';
import { testFfmpeg } from './watch-source.ts';

export const VP8: RtpCodec = { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000, parameters: {} };
export const H264: RtpCodec = {
  mimeType: 'video/H264',
  payloadType: 97,
  clockRate: 90_000,
  parameters: { 'packetization-mode': 1, 'profile-level-id': '640033' },
};

/** What becomes of one packet: how much later it goes on, or null for never. It may be changed in place. */
export type OnPacket = (packet: Buffer, rtpTime: number) => number | null;

export interface RtpSender {
  /** Where packets go from now on; null: nowhere. */
  to(target: { rtpPort: number; ip?: string } | null): void;
  /** How many have been sent on. */
  sent(): number;
  close(): Promise<void>;
}

/**
 * Plays a video file for ever, at its own speed, as RTP packets that a test may hold up, change or lose. Packets stay in
 * their order. Nothing is encoded: key frames come where the file has them, and H.264 has to be in MPEG-TS, which has the
 * parameter sets in the stream.
 */
export async function sendRtp(
  file: string,
  codec: RtpCodec,
  onPacket: OnPacket = () => 0,
): Promise<RtpSender> {
  const inbox = createSocket('udp4');
  inbox.bind(0, '127.0.0.1');
  await once(inbox, 'listening');
  // Room for a burst: a key frame of a large picture comes at once.
  inbox.setRecvBufferSize(4 * 1024 * 1024);
  const outbox: Socket = createSocket('udp4');
  outbox.bind(0, '127.0.0.1');
  await once(outbox, 'listening');
  outbox.setSendBufferSize(4 * 1024 * 1024);
  let target: { rtpPort: number; ip?: string } | null = null;
  let lastAt = 0;
  let sent = 0;
  inbox.on('message', (packet) => {
    const delay = onPacket(packet, packet.readUInt32BE(4));
    if (delay === null) return;
    const at = Math.max(lastAt, performance.now() + delay);
    lastAt = at;
    const go = () => {
      if (target === null) return;
      sent++;
      outbox.send(packet, target.rtpPort, target.ip ?? '127.0.0.1');
    };
    if (at <= performance.now()) go();
    else setTimeout(go, at - performance.now());
  });
  const { path } = await testFfmpeg();
  const child: ChildProcess = spawn(
    path,
    [
      ...['-hide_banner', '-nostdin', '-v', 'error', '-re', '-stream_loop', '-1', '-i', file],
      ...['-map', '0:v:0', '-c', 'copy', '-payload_type', String(codec.payloadType), '-ssrc', '4242'],
      ...['-f', 'rtp', `rtp://127.0.0.1:${inbox.address().port}?rtcpport=9&pkt_size=1200`],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  let closed = false;
  return {
    to(next) {
      target = next;
    },
    sent: () => sent,
    async close() {
      if (closed) return;
      closed = true;
      target = null;
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      inbox.close();
      outbox.close();
    },
  };
}
