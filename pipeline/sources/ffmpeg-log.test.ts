import { describe, expect, it } from 'vitest';
import { createFfmpegLog, type InputInfo, lastingDamage, type Problem, tidy } from './ffmpeg-log.ts';
import type { FrameHeader } from './frame-reader.ts';

function read(text: string) {
  const frames: FrameHeader[] = [];
  const inputs: InputInfo[] = [];
  const fatal: Problem[] = [];
  const log = createFfmpegLog({
    onFrame: (frame) => frames.push(frame),
    onInput: (input) => inputs.push(input),
    onFatal: (problem) => fatal.push(problem),
  });
  for (const line of text.split('\n')) log.line(line);
  return { frames, inputs, fatal, problem: log.problem(), input: log.input() };
}

const reasonOf = (line: string) => read(line).problem?.reason ?? null;

describe('ffmpeg’s log', () => {
  it('gives each frame’s time and size, from 4.1 and from 5.1', () => {
    const { frames } = read(`
[Parsed_showinfo_3 @ 0x22ef3700] n:   0 pts:      0 pts_time:0       pos:      564 fmt:rgb24 sar:1/1 s:640x480 i:P iskey:1 type:I checksum:A697E42B plane_checksum:[A697E42B] mean:[126 ] stdev:[124.7 ]
[Parsed_showinfo_3 @ 0x22ef3700] color_range:tv color_space:unknown color_primaries:unknown color_trc:unknown
[Parsed_showinfo_3 @ 0x55d2] n:   1 pts: 172800 pts_time:1.92    pos:   238572 fmt:rgb24 sar:1/1 s:960x540 i:P iskey:1 type:I 
[Parsed_showinfo_4 @ 0x55d2] n: 112 pts: NOPTS pts_time:NOPTS   duration: 512 duration_time:0.04    fmt:rgb24 cl:left sar:1/1 s:32x16 i:P iskey:0 type:P `);
    expect(frames).toEqual([
      { width: 640, height: 480, ptsS: 0 },
      { width: 960, height: 540, ptsS: 1.92 },
      { width: 32, height: 16, ptsS: null },
    ]);
  });

  it('describes the input once, and not the output', () => {
    const { inputs } = read(`Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/a.mp4':
  Duration: 00:01:04.50, start: 0.000000, bitrate: 2767 kb/s
  Stream #0:0[0x1](und): Audio: aac (LC), 48000 Hz, stereo, fltp
    Stream #0:1[0x2](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(progressive), 1280x720 [SAR 1:1 DAR 16:9], 2763 kb/s, 29.97 fps, 30 tbr, 12800 tbn (default)
Stream mapping:
  Stream #0:1 -> #0:0 (h264 (native) -> rawvideo (native))
Output #0, rawvideo, to 'pipe:':
  Stream #0:0(und): Video: rawvideo (RGB[24] / 0x18424752), rgb24, 960x540, 25 fps`);
    expect(inputs).toMatchObject([
      { codec: 'h264', profile: 'High', width: 1280, height: 720, fps: 29.97, durationS: 64.5 },
    ]);
  });

  it('takes a live stream whose size is not known yet', () => {
    const { input } = read(`Input #0, rtsp, from 'rtsp://10.0.0.4/cam':
  Duration: N/A, start: 0.040000, bitrate: N/A
  Stream #0:0: Video: hevc (Main), none, 90k tbr, 90k tbn
Stream mapping:`);
    expect(input).toEqual({
      codec: 'hevc',
      profile: 'Main',
      width: null,
      height: null,
      fps: 90_000,
      durationS: null,
    });
  });

  it.each([
    ['[rtsp @ 0x1] method DESCRIBE failed: 401 Unauthorized', 'wrong-credentials'],
    ['rtsp://x/cam: Server returned 403 Forbidden (access denied)', 'wrong-credentials'],
    ['[rtsp @ 0x1] method DESCRIBE failed: 404 Not Found', 'not-found'],
    ['[rtsp @ 0x1] method DESCRIBE failed: 404 Stream Not Found', 'not-found'],
    ['[tcp @ 0x1] Connection to tcp://10.0.0.4:554?timeout=1 failed: Connection refused', 'refused'],
    ['[rtsp @ 0x1] method SETUP failed: 453 Not Enough Bandwidth', 'refused'],
    ['rtsp://10.0.0.4/cam: Server returned 5XX Server Error reply', 'refused'],
    ['rtsp://10.0.0.4/cam: Connection timed out', 'unreachable'],
    ['rtsp://10.0.0.4/cam: No route to host', 'unreachable'],
    ['Output file #0 does not contain any stream', 'no-video'],
    ["Stream map '0:V:0' matches no streams.", 'no-video'],
    ['Decoder (codec av1) not found for input stream #0:0', 'unsupported-codec'],
    ["[hls @ 0x1] Format not on whitelist 'mov,mp4'", 'unsupported-codec'],
    ['[mov,mp4,m4a,3gp,3g2,mj2 @ 0x1] moov atom not found', 'corrupt'],
    ['/a.mp4: Invalid data found when processing input', 'corrupt'],
    ['[rtsp @ 0x1] Status 302: Redirecting to rtsp://169.254.169.254/', 'forbidden'],
    ['frame=    9 fps=0.0 q=-0.0 Lsize=   13669kB time=00:00:03.92', null],
  ])('%s', (line, reason) => {
    expect(reasonOf(line)).toBe(reason);
  });

  it('keeps the gravest problem, and ends at once where going on is wrong', () => {
    const { problem } = read(`x: corrupt decoded frame in stream 0
[rtsp @ 0x1] method DESCRIBE failed: 401 Unauthorized
x: Invalid data found when processing input`);
    expect(problem?.reason).toBe('wrong-credentials');
    expect(read('Redirecting to rtsp://elsewhere/').fatal).toHaveLength(1);
  });

  it('tells lasting damage from single packets', () => {
    const spliced = read('[mpegts @ 0x1] Packet corrupt (stream = 0, dts = 302400).').problem;
    expect(lastingDamage(spliced)).toBeNull();
    const cut = read('x: corrupt decoded frame\n[matroska @ 0x1] File ended prematurely').problem;
    expect(lastingDamage(cut)?.detail).toBe('matroska: File ended prematurely');
  });

  it('never repeats a password', () => {
    const { problem } = read(
      'rtsp://admin:s3cret@10.0.0.4/cam: Server returned 401 Unauthorized (authorization failed)',
    );
    expect(problem?.detail).not.toContain('s3cret');
    expect(problem?.detail).toContain('401 Unauthorized');
    expect(tidy(`x${'y'.repeat(1000)}`)).toHaveLength(300);
  });

  it('does not take pictures’ metadata for messages', () => {
    expect(reasonOf('[Parsed_showinfo_3 @ 0x1] User Data=Connection refused')).toBeNull();
  });
});
