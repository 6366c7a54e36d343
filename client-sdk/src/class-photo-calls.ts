import { type Http, type SendRequest, sendFile, unwrap } from './http.ts';
import type * as api from './types.ts';

/** A class enrolled at once: the faces of one photo are found, a person names them. */
export function classPhotoCalls(http: Http, baseUrl: string, send: SendRequest) {
  const of = (id: string, photoId: string) => ({ params: { path: { id, photoId } } });
  return {
    /**
     * Finds the faces, from left to right. The photo is not kept: `picture` (JPEG as base64) is in this answer only.
     * What can be named is kept for an hour, until `expiresAt`.
     */
    send: (courseId: string, photo: Blob, filename = 'class.jpg') =>
      sendFile<api.FreshClassPhoto>(
        send,
        { method: 'POST', url: `${baseUrl}/api/v1/courses/${courseId}/enrol-photos`, field: 'photo' },
        photo,
        filename,
      ),
    /** What is left to be named. `class-photo-not-found`: nothing is, or the hour is over. */
    get: (courseId: string, photoId: string): Promise<api.ClassPhoto> =>
      // The types of openapi-fetch turn the four numbers of a box into any number of them.
      unwrap(
        http.GET('/api/v1/courses/{id}/enrol-photos/{photoId}', of(courseId, photoId)),
      ) as Promise<api.ClassPhoto>,
    /** A face that nobody has named yet, as JPEG. */
    face: (courseId: string, photoId: string, faceId: string): Promise<Blob> =>
      unwrap(
        http.GET('/api/v1/courses/{id}/enrol-photos/{photoId}/faces/{faceId}', {
          params: { path: { id: courseId, photoId, faceId } },
          parseAs: 'blob',
        }),
      ),
    /**
     * Enrols the faces that are named, all or none. A refusal says in its details whom it concerns: `studentIds`, or
     * for `face-of-another-student` `faceId` and the `studentId` whose face it is.
     */
    name: (courseId: string, photoId: string, names: api.FaceName[]) =>
      unwrap(
        http.POST('/api/v1/courses/{id}/enrol-photos/{photoId}/names', {
          ...of(courseId, photoId),
          body: { names },
        }),
      ),
    /** Forgets at once what nobody has named; who was enrolled stays enrolled. */
    forget: (courseId: string, photoId: string) =>
      unwrap(http.DELETE('/api/v1/courses/{id}/enrol-photos/{photoId}', of(courseId, photoId))),
  };
}
