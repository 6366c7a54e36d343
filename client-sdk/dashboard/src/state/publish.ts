import { useEffect, useRef, useState } from 'preact/hooks';
import { type Framing, type Publishing, type PublishState, publish } from '../../../src/index.ts';

export interface PublishView {
  cameras: MediaDeviceInfo[];
  cameraId: string;
  /** Null until the camera may be used. */
  stream: MediaStream | null;
  problem: 'no-camera' | 'insecure' | 'unplugged' | null;
  state: PublishState | 'ready';
  course: string | null;
  framing: Framing | null;
  /** Why it ended, a code. */
  end: string | null;
  hidden: boolean;
  choose(cameraId: string): void;
  start(): void;
  stop(): void;
}

const WANTED = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 15 } };

/** A camera of this device, shown here and published by a link. */
export function usePublish(token: string, taken: () => void): PublishView {
  const [cameras, setCameras] = useState<MediaDeviceInfo[]>([]);
  const [cameraId, setCameraId] = useState('');
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [problem, setProblem] = useState<PublishView['problem']>(null);
  const [state, setState] = useState<PublishView['state']>('ready');
  const [course, setCourse] = useState<string | null>(null);
  const [framing, setFraming] = useState<Framing | null>(null);
  const [end, setEnd] = useState<string | null>(null);
  const [hidden, setHidden] = useState(document.hidden);
  const running = useRef<Publishing | null>(null);
  const held = useRef<MediaStream | null>(null);

  useEffect(() => {
    const media = navigator.mediaDevices;
    if (!media?.getUserMedia) {
      setProblem('insecure');
      return;
    }
    let over = false;
    const open = async () => {
      const video = { ...WANTED, ...(cameraId ? { deviceId: { exact: cameraId } } : {}) };
      const next = await media.getUserMedia({ video });
      if (over) return stopAll(next);
      const track = next.getVideoTracks()[0]!;
      track.addEventListener('ended', () => setProblem('unplugged'));
      await running.current?.replaceTrack(track);
      if (held.current) stopAll(held.current);
      held.current = next;
      setStream(next);
      setProblem(null);
      setCameras((await media.enumerateDevices()).filter(({ kind }) => kind === 'videoinput'));
    };
    const list = async () => {
      setCameras((await media.enumerateDevices()).filter(({ kind }) => kind === 'videoinput'));
    };
    open().catch(() => setProblem('no-camera'));
    media.addEventListener('devicechange', list);
    return () => {
      over = true;
      media.removeEventListener('devicechange', list);
    };
  }, [cameraId]);

  useEffect(() => {
    const changed = () => setHidden(document.hidden);
    document.addEventListener('visibilitychange', changed);
    return () => {
      document.removeEventListener('visibilitychange', changed);
      running.current?.stop();
      if (held.current) stopAll(held.current);
    };
  }, []);

  return {
    ...{ cameras, cameraId, stream, problem, state, course, framing, end, hidden },
    choose: setCameraId,
    start() {
      const track = stream?.getVideoTracks()[0];
      if (!track || running.current) return;
      setEnd(null);
      running.current = publish({
        token,
        track,
        onState: setState,
        onFraming: setFraming,
        onCourse(name) {
          taken();
          setCourse(name);
        },
        onEnd: ({ code }) => {
          running.current = null;
          setEnd(code);
        },
      });
    },
    stop() {
      running.current?.stop();
      running.current = null;
      setFraming(null);
    },
  };
}

function stopAll(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
