/** One way of getting a camera's picture to the server, from its socket to its end. */
export interface Attempt {
  replaceTrack(track: MediaStreamTrack): Promise<void>;
  close(): void;
}

export interface AttemptHandlers {
  onWelcome(welcome: { resumeToken: string; course: string }): void;
  /** The picture arrives. */
  onPublishing(): void;
  onFraming(framing: Framing): void;
  onRecording(on: boolean): void;
  /**
   * Called once. Null: the connection was lost. `blocked`: the server answered, but no media connection came up.
   */
  onEnd(reason: EndReason | null, blocked: boolean): void;
}

export interface EndReason {
  code: string;
  message: string;
  /** Whether trying again may help. */
  again: boolean;
}

export interface Framing {
  /** Faces that are seen now, and how wide the middle one of them is in the server's picture, pixels. */
  faces: number;
  facePx: number;
  advice: 'ok' | 'move-closer' | 'nobody';
}

/** The WebSocket of a server, the page's own by default. */
export function socketAddress(path: string, baseUrl: string | undefined): string {
  const url = new URL(path, baseUrl ?? location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
