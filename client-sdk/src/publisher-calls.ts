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
    /** It stops at once, and its link and its way back end. */
    remove: (sessionId: string, streamId: string) =>
      unwrap(
        http.DELETE('/api/v1/sessions/{id}/publishers/{streamId}', {
          params: { path: { id: sessionId, streamId } },
        }),
      ),
  };
}
