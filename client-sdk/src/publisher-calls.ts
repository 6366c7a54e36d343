import { type Http, unwrap } from './http.ts';
import type * as api from './types.ts';

/** Links for browsers and encoders that become cameras of an open session. */
export function publisherCalls(http: Http) {
  return {
    list: (sessionId: string, query: { skip?: number; limit?: number } = {}) =>
      unwrap(http.GET('/api/v1/sessions/{id}/publishers', { params: { path: { id: sessionId }, query } })),
    /** The token in the answer is told only now. `webrtc-unavailable`: the server has no media worker. */
    add: (sessionId: string, body: api.NewPublisher) =>
      unwrap(http.POST('/api/v1/sessions/{id}/publishers', { params: { path: { id: sessionId } }, body })),
    /** The signed-in student's own camera in a remote class. */
    addOwn: (sessionId: string) =>
      unwrap(http.POST('/api/v1/sessions/{id}/publishers/own', { params: { path: { id: sessionId } } })),
    /** Whether students of the course may publish their own cameras. */
    ownCameras: (sessionId: string) =>
      unwrap(http.GET('/api/v1/sessions/{id}/own-cameras', { params: { path: { id: sessionId } } })),
    allowOwnCameras: (sessionId: string, allowed: boolean) =>
      unwrap(
        http.PUT('/api/v1/sessions/{id}/own-cameras', {
          params: { path: { id: sessionId } },
          body: { allowed },
        }),
      ),
    /** Open sessions of one's own courses that take students' own cameras. */
    remoteClasses: (query: { skip?: number; limit?: number } = {}) =>
      unwrap(http.GET('/api/v1/sessions/own-cameras', { params: { query } })),
    /** It stops at once, and its link and its way back end. */
    remove: (sessionId: string, streamId: string) =>
      unwrap(
        http.DELETE('/api/v1/sessions/{id}/publishers/{streamId}', {
          params: { path: { id: sessionId, streamId } },
        }),
      ),
  };
}
