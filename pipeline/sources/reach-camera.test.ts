import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { portOf, reachCamera } from './reach-camera.ts';

const never = new AbortController().signal;
const LOOPBACK = { allowedNetworks: [], allowLoopback: true };

describe('a camera', () => {
  it('is reached where somebody listens, with its name and password in the address', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address!.port : 0;
    const url = `rtsp://user:secret@127.0.0.1:${port}/cam?channel=1`;
    expect(await reachCamera(url, LOOPBACK, 2000, never)).toEqual({ pinned: url });
    await new Promise((resolve) => server.close(resolve));
    expect(await reachCamera(url, LOOPBACK, 2000, never)).toMatchObject({ reason: 'refused' });
  });

  it('is not even asked for where no camera may be', async () => {
    const nowhere = { allowedNetworks: [], allowLoopback: false };
    const answer = await reachCamera('rtsp://127.0.0.1:1/cam', nowhere, 2000, never);
    expect(answer).toMatchObject({ reason: 'forbidden' });
    const unknown = await reachCamera('rtsp://no-such-camera.invalid/cam', nowhere, 2000, never);
    expect(unknown).toMatchObject({ reason: 'unreachable' });
  });

  it('has a port that need not be written', () => {
    expect(portOf('rtsp://10.0.0.4/cam')).toBe(554);
    expect(portOf('rtsps://10.0.0.4/cam')).toBe(322);
    expect(portOf('rtsp://10.0.0.4:8554/cam')).toBe(8554);
  });
});
