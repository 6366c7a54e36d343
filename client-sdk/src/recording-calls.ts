import { type Http, unwrap } from './http.ts';
import type * as api from './types.ts';

/** What is kept of sessions that were recorded. */
export function recordingCalls(http: Http, baseUrl: string) {
  const of = (id: string) => ({ params: { path: { id } } });
  return {
    /** `recording-off`, `recording-prohibited`: the institution or its policy does not allow it. */
    turn: (sessionId: string, on: boolean) =>
      unwrap(http.PUT('/api/v1/sessions/{id}/recording', { ...of(sessionId), body: { on } })),
    list: (query: api.RecordingQuery = {}) => unwrap(http.GET('/api/v1/recordings', { params: { query } })),
    get: (id: string) => unwrap(http.GET('/api/v1/recordings/{id}', of(id))),
    /** Who was marked when, by where it is in the recording. */
    timeline: (id: string) => unwrap(http.GET('/api/v1/recordings/{id}/timeline', of(id))),
    /** `recording-running`: it is switched off first. */
    remove: (id: string) => unwrap(http.DELETE('/api/v1/recordings/{id}', of(id))),
    /** For a player of HLS, which has to send the access token with each request. */
    playlistUrl: (id: string): string => `${baseUrl}/api/v1/recordings/${id}/playlist.m3u8`,
  };
}
