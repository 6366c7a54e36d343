import type Hls from 'hls.js';
import { client } from './session.ts';

export type PlayerProblem = 'unsupported' | 'failed';

/** One attempt a fault: what cannot be mended in so many is said. */
const MOST_RECOVERIES = 3;

/**
 * Plays an encrypted recording in a video element; every request is sent as the signed-in user. The library is fetched
 * when there is something to play. Returns how to stop.
 */
export function playRecording(
  video: HTMLVideoElement,
  url: string,
  onProblem: (problem: PlayerProblem) => void,
): () => void {
  let hls: Hls | null = null;
  let over = false;
  let recoveries = 0;
  void import('hls.js/light').then(
    ({ default: Player }) => {
      if (over) return;
      if (!Player.isSupported()) return onProblem('unsupported');
      hls = new Player({
        // The page's content policy lets no worker be made of a text.
        enableWorker: false,
        startPosition: 0,
        async xhrSetup(xhr, address) {
          const token = await client.tokens.accessToken();
          xhr.open('GET', address, true);
          if (token) xhr.setRequestHeader('authorization', `Bearer ${token}`);
        },
      });
      hls.on(Player.Events.ERROR, (_event, { fatal, type }) => {
        if (!fatal) return;
        if (type === Player.ErrorTypes.MEDIA_ERROR && recoveries++ < MOST_RECOVERIES)
          hls?.recoverMediaError();
        else onProblem('failed');
      });
      hls.loadSource(url);
      hls.attachMedia(video);
    },
    () => onProblem('failed'),
  );
  return () => {
    over = true;
    hls?.destroy();
  };
}
