import createFetchClient from 'openapi-fetch';
import type { paths } from '../generated/api.d.ts';
import { authCalls, secondFactorCalls, signInCalls, toTokenSet } from './account-calls.ts';
import { classPhotoCalls } from './class-photo-calls.ts';
import { authorisedFetch, type Http, reach, type SendRequest, sendFile, unwrap } from './http.ts';
import { institutionCalls } from './institution-calls.ts';
import { joinSession, type LiveHandlers, type LiveSession } from './live-client.ts';
import { followNotifications, type NoticeHandlers } from './notices-client.ts';
import { contestCalls, excuseCalls, notificationCalls, studentRecordCalls } from './own-calls.ts';
import { publisherCalls } from './publisher-calls.ts';
import { recordingCalls } from './recording-calls.ts';
import { browserTokenStorage, createTokenKeeper, type TokenStorage } from './tokens.ts';
import type * as api from './types.ts';

export interface ClientOptions {
  /** Origin of the server, without a slash at the end; the page's own when left out. */
  baseUrl?: string;
  storage?: TokenStorage;
  /** Replaces `fetch`, for tests and for other runtimes. */
  send?: SendRequest;
}

export type YoklamaClient = ReturnType<typeof createClient>;

/** The API by subject, as the signed-in user. Every call throws `ApiError` where the server refuses. */
export function createClient(options: ClientOptions = {}) {
  const baseUrl = options.baseUrl ?? '';
  const send = options.send ?? ((request: Request) => fetch(request));
  const open: Http = createFetchClient<paths>({ baseUrl, fetch: (request) => reach(send, request) });
  const tokens = createTokenKeeper({
    storage: options.storage ?? browserTokenStorage(),
    refresh: async (refresh_token) =>
      toTokenSet(await unwrap(open.POST('/api/v1/auth/refresh', { body: { refresh_token } }))),
  });
  const authorised = authorisedFetch(tokens, send);
  const http: Http = createFetchClient<paths>({ baseUrl, fetch: authorised });
  return {
    tokens,
    auth: authCalls(open, http, tokens),
    secondFactor: secondFactorCalls(http, tokens),
    signIns: signInCalls(http),
    tenant: () => unwrap(http.GET('/api/v1/tenant')),
    /** Of the institution that the server's address belongs to, without signing in. */
    tenantPublic: () => unwrap(open.GET('/api/v1/tenant/public')),
    privacyPolicy: () => unwrap(http.GET('/api/v1/privacy/policy')),
    students: { ...studentCalls(http, baseUrl, authorised), ...studentRecordCalls(http) },
    courses: courseCalls(http),
    classPhotos: classPhotoCalls(http, baseUrl, authorised),
    cameras: cameraCalls(http),
    sessions: sessionCalls(http),
    publishers: publisherCalls(http),
    recordings: recordingCalls(http, baseUrl),
    attendance: attendanceCalls(http),
    reviews: reviewCalls(http),
    ...institutionCalls(http, baseUrl, authorised),
    excuses: excuseCalls(http, baseUrl, authorised),
    contests: contestCalls(http),
    notifications: notificationCalls(http),
    /** Marks the signed-in student with a code that was scanned; the same scan again answers the same record. */
    scan: (body: api.QrScan) => unwrap(http.POST('/api/v1/qr/scan', { body })),
    live: (sessionId: string, handlers: LiveHandlers): LiveSession =>
      joinSession({ baseUrl, tokens }, sessionId, handlers),
    /** What the signed-in user is told, as it happens; the function that is answered ends it. */
    follow: (handlers: NoticeHandlers): (() => void) => followNotifications({ baseUrl, tokens }, handlers),
  };
}

function studentCalls(http: Http, baseUrl: string, send: SendRequest) {
  return {
    list: (query: api.StudentQuery = {}) => unwrap(http.GET('/api/v1/students', { params: { query } })),
    get: (id: string) => unwrap(http.GET('/api/v1/students/{id}', { params: { path: { id } } })),
    create: (body: api.NewStudent) => unwrap(http.POST('/api/v1/students', { body })),
    update: (id: string, body: api.StudentPatch) =>
      unwrap(http.PATCH('/api/v1/students/{id}', { params: { path: { id } }, body })),
    remove: (id: string) => unwrap(http.DELETE('/api/v1/students/{id}', { params: { path: { id } } })),
    /** `wording`: version of the text that the student was shown. */
    setConsent: (id: string, purpose: api.ConsentPurpose, granted: boolean, wording?: string) =>
      unwrap(
        http.PUT('/api/v1/students/{id}/consents', {
          params: { path: { id } },
          body: { purpose, granted, ...(wording ? { wording } : {}) },
        }),
      ),
    faces: (id: string) => unwrap(http.GET('/api/v1/students/{id}/face', { params: { path: { id } } })),
    /** One photo; `photo-…` and `face-…` codes say what is wrong with it. */
    enrolFace: (id: string, photo: Blob, filename = 'photo.jpg') =>
      sendFile<{ templates: api.FaceTemplate[] }>(
        send,
        { method: 'POST', url: `${baseUrl}/api/v1/students/${id}/face`, field: 'photo' },
        photo,
        filename,
      ),
    removeFace: (id: string, templateId: string) =>
      unwrap(
        http.DELETE('/api/v1/students/{id}/face/{templateId}', { params: { path: { id, templateId } } }),
      ),
    thumbnail: (id: string, templateId: string) =>
      unwrap(
        http.GET('/api/v1/students/{id}/face/{templateId}/thumbnail', {
          params: { path: { id, templateId } },
          parseAs: 'blob',
        }),
      ),
  };
}

function courseCalls(http: Http) {
  return {
    list: (query: api.CourseQuery = {}) => unwrap(http.GET('/api/v1/courses', { params: { query } })),
    get: (id: string) => unwrap(http.GET('/api/v1/courses/{id}', { params: { path: { id } } })),
    create: (body: api.NewCourse) => unwrap(http.POST('/api/v1/courses', { body })),
    update: (id: string, body: api.CoursePatch) =>
      unwrap(http.PATCH('/api/v1/courses/{id}', { params: { path: { id } }, body })),
    remove: (id: string) => unwrap(http.DELETE('/api/v1/courses/{id}', { params: { path: { id } } })),
    enrol: (id: string, studentIds: string[]) =>
      unwrap(
        http.POST('/api/v1/courses/{id}/enrolments', { params: { path: { id } }, body: { studentIds } }),
      ),
    unenrol: (id: string, studentId: string) =>
      unwrap(
        http.DELETE('/api/v1/courses/{id}/enrolments/{studentId}', { params: { path: { id, studentId } } }),
      ),
  };
}

function cameraCalls(http: Http) {
  return {
    list: (query: api.CameraQuery = {}) => unwrap(http.GET('/api/v1/cameras', { params: { query } })),
    create: (body: api.NewCamera) => unwrap(http.POST('/api/v1/cameras', { body })),
    update: (id: string, body: api.CameraPatch) =>
      unwrap(http.PATCH('/api/v1/cameras/{id}', { params: { path: { id } }, body })),
    remove: (id: string) => unwrap(http.DELETE('/api/v1/cameras/{id}', { params: { path: { id } } })),
    /** Refused with `camera-no-picture` and the reason in its details where nothing came. */
    probe: (id: string) => unwrap(http.POST('/api/v1/cameras/{id}/probe', { params: { path: { id } } })),
    probeAddress: (body: api.CameraAddress) => unwrap(http.POST('/api/v1/cameras/probe', { body })),
    snapshot: (id: string) =>
      unwrap(http.GET('/api/v1/cameras/{id}/snapshot', { params: { path: { id } }, parseAs: 'blob' })),
  };
}

function sessionCalls(http: Http) {
  return {
    list: (query: api.SessionQuery = {}) => unwrap(http.GET('/api/v1/sessions', { params: { query } })),
    get: (id: string) => unwrap(http.GET('/api/v1/sessions/{id}', { params: { path: { id } } })),
    open: (body: api.OpenSession) => unwrap(http.POST('/api/v1/sessions', { body })),
    close: (id: string) => unwrap(http.POST('/api/v1/sessions/{id}/close', { params: { path: { id } } })),
    snapshot: (id: string) => unwrap(http.GET('/api/v1/sessions/{id}/live', { params: { path: { id } } })),
    attendance: (id: string, query: { skip?: number; limit?: number } = {}) =>
      unwrap(
        http.GET('/api/v1/sessions/{id}/attendance', {
          params: { path: { id }, query },
        }),
      ),
  };
}

function attendanceCalls(http: Http) {
  return {
    get: (id: string) => unwrap(http.GET('/api/v1/attendance/{id}', { params: { path: { id } } })),
    /** Refused with `version-conflict` where somebody changed the record since `version`. */
    correct: (id: string, version: number, status: api.MarkStatus, note?: string) =>
      unwrap(
        http.PUT('/api/v1/attendance/{id}', {
          params: { path: { id } },
          body: { status, version, ...(note ? { note } : {}) },
        }),
      ),
    mark: (body: api.ManualMark) => unwrap(http.POST('/api/v1/attendance/manual', { body })),
  };
}

function reviewCalls(http: Http) {
  return {
    /** It is the student that was asked about, or `studentId` instead. */
    confirm: (id: string, studentId?: string) =>
      unwrap(
        http.POST('/api/v1/reviews/{id}/confirm', {
          params: { path: { id } },
          body: studentId ? { studentId } : {},
        }),
      ),
    reject: (id: string) => unwrap(http.POST('/api/v1/reviews/{id}/reject', { params: { path: { id } } })),
    face: (id: string) =>
      unwrap(http.GET('/api/v1/reviews/{id}/face', { params: { path: { id } }, parseAs: 'blob' })),
  };
}
