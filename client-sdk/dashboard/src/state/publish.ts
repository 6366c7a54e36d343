import { useEffect, useRef, useState } from 'preact/hooks';
import {
  type Framing,
  type Publishing,
  type PublishPath,
  type PublishState,
  publish,
} from '../../../src/index.ts';
import { useAwake } from './awake.ts';
import { type CameraView, type Facing, useCamera } from './camera.ts';

export interface PublishView {
  camera: CameraView;
  state: PublishState | 'ready';
  /** As video, or as single pictures where the network lets no video through. */
  path: PublishPath;
  course: string | null;
  framing: Framing | null;
  /** Why it ended, a code. */
  end: string | null;
  hidden: boolean;
  /** What is sent is recorded. */
  recorded: boolean;
  start(): void;
  stop(): void;
}

/** A camera of this device, shown here and published by a link. `taken`: the link has been opened. */
export function usePublish(token: string, facing: Facing, taken: () => void): PublishView {
  const camera = useCamera(facing);
  const [state, setState] = useState<PublishView['state']>('ready');
  const [path, setPath] = useState<PublishPath>('video');
  const [course, setCourse] = useState<string | null>(null);
  const [framing, setFraming] = useState<Framing | null>(null);
  const [end, setEnd] = useState<string | null>(null);
  const [hidden, setHidden] = useState(document.hidden);
  const [recorded, setRecorded] = useState(false);
  const running = useRef<Publishing | null>(null);
  const sending = state !== 'ready' && state !== 'ended';
  useAwake(sending);

  const { track } = camera;
  useEffect(() => {
    if (track) void running.current?.replaceTrack(track);
  }, [track]);

  useEffect(() => {
    const changed = () => setHidden(document.hidden);
    document.addEventListener('visibilitychange', changed);
    return () => {
      document.removeEventListener('visibilitychange', changed);
      running.current?.stop();
    };
  }, []);

  useEffect(() => {
    if (!sending) return;
    // The link opens once: whoever closes the page by mistake would need a new one.
    const asked = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', asked);
    return () => removeEventListener('beforeunload', asked);
  }, [sending]);

  const over = () => {
    running.current = null;
    setFraming(null);
    setRecorded(false);
    camera.off();
  };

  return {
    ...{ camera, state, path, course, framing, end, hidden, recorded },
    start() {
      if (!track || running.current) return;
      setEnd(null);
      running.current = publish({
        token,
        track,
        onState: setState,
        onPath: setPath,
        onFraming: setFraming,
        onRecording: setRecorded,
        onCourse(name) {
          taken();
          setCourse(name);
        },
        onEnd({ code }) {
          over();
          setEnd(code);
        },
      });
    },
    stop() {
      running.current?.stop();
      over();
    },
  };
}
