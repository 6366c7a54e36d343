import { useEffect, useRef, useState } from 'preact/hooks';

export type CameraProblem = 'insecure' | 'denied' | 'none' | 'busy' | 'unplugged';

export interface CameraView {
  cameras: MediaDeviceInfo[];
  /** The one that is open, else the one that was asked for. */
  cameraId: string;
  /** Null until the camera may be used. */
  track: MediaStreamTrack | null;
  stream: MediaStream | null;
  problem: CameraProblem | null;
  /** The device holds the picture back: a call came in, its cover was closed. */
  paused: boolean;
  choose(cameraId: string): void;
  /** Tries again after a problem. */
  retry(): void;
  /** Switches the camera off; `retry` switches it on again. */
  off(): void;
}

const WANTED: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 15 },
};

/** A camera that stands in a class looks away from who holds it; a student's own looks at the student. */
export type Facing = 'environment' | 'user';

/** A camera of this device: opened at once, opened again when it was unplugged and is back. */
export function useCamera(facing: Facing): CameraView {
  const [cameras, setCameras] = useState<MediaDeviceInfo[]>([]);
  const [wanted, setWanted] = useState('');
  const [attempt, setAttempt] = useState(0);
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [problem, setProblem] = useState<CameraProblem | null>(null);
  const [paused, setPaused] = useState(false);
  const held = useRef<MediaStream | null>(null);
  const isOff = useRef(false);

  const release = () => {
    for (const track of held.current?.getTracks() ?? []) track.stop();
    held.current = null;
  };

  useEffect(() => {
    const media = navigator.mediaDevices;
    if (!media?.getUserMedia) {
      setProblem('insecure');
      return;
    }
    let over = false;
    const list = async () => {
      const found = (await media.enumerateDevices()).filter(({ kind }) => kind === 'videoinput');
      if (!over) setCameras(found);
      return found;
    };
    const open = async () => {
      if (isOff.current) return;
      const next = await openCamera(media, wanted, facing);
      if (over || isOff.current) return stop(next);
      const [track] = next.getVideoTracks();
      if (!track) return stop(next);
      track.addEventListener('ended', () => {
        if (held.current === next) setProblem('unplugged');
      });
      track.addEventListener('mute', () => setPaused(true));
      track.addEventListener('unmute', () => setPaused(false));
      const before = held.current;
      held.current = next;
      setPaused(track.muted);
      setStream(next);
      setProblem(null);
      // Whoever sends the old track changes to the new one first: no picture is lost.
      if (before) setTimeout(() => stop(before), 500);
      await list();
    };
    const openOrSay = () => {
      open().catch((error: unknown) => {
        if (!over) setProblem(problemOf(error));
      });
    };
    // Plugged in again, or one more: where there is no picture this may be the one.
    const changed = async () => {
      const found = await list();
      const [track] = held.current?.getVideoTracks() ?? [];
      if (!over && found.length > 0 && track?.readyState !== 'live') openOrSay();
    };
    const shown = () => {
      if (!document.hidden && held.current?.getVideoTracks()[0]?.readyState === 'ended') openOrSay();
    };
    openOrSay();
    media.addEventListener('devicechange', changed);
    document.addEventListener('visibilitychange', shown);
    return () => {
      over = true;
      media.removeEventListener('devicechange', changed);
      document.removeEventListener('visibilitychange', shown);
    };
  }, [wanted, attempt, facing]);

  useEffect(() => release, []);

  const track = stream?.getVideoTracks()[0] ?? null;
  return {
    cameras,
    cameraId: track?.getSettings().deviceId ?? wanted,
    track,
    stream,
    problem,
    paused,
    choose(cameraId) {
      isOff.current = false;
      setWanted(cameraId);
    },
    retry() {
      isOff.current = false;
      setAttempt((count) => count + 1);
    },
    off() {
      isOff.current = true;
      release();
      setStream(null);
      setPaused(false);
    },
  };
}

/** The chosen one; where that is gone, any. */
async function openCamera(media: MediaDevices, cameraId: string, facing: Facing): Promise<MediaStream> {
  const any = { ...WANTED, facingMode: { ideal: facing } };
  if (!cameraId) return media.getUserMedia({ video: any });
  try {
    return await media.getUserMedia({ video: { ...WANTED, deviceId: { exact: cameraId } } });
  } catch (error) {
    const isGone = error instanceof DOMException && error.name === 'OverconstrainedError';
    if (!isGone) throw error;
    return media.getUserMedia({ video: any });
  }
}

function problemOf(error: unknown): CameraProblem {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy';
  return 'none';
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
