import { authorisedFetch, reach, type SendRequest } from './http.ts';
import { joinSession, type LiveHandlers, type LiveSession } from './live-client.ts';
import { createRest, type Rest } from './rest.ts';
import {
  browserTokenStorage,
  createTokenKeeper,
  type TokenKeeper,
  type TokenSet,
  type TokenStorage,
} from './tokens.ts';
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
  const open = createRest(baseUrl, (request) => reach(send, request));
  const tokens = createTokenKeeper({
    storage: options.storage ?? browserTokenStorage(),
    refresh: async (refreshToken) =>
      toTokenSet(await open.send('POST', '/auth/refresh', { refresh_token: refreshToken })),
  });
  const rest = createRest(baseUrl, authorisedFetch(tokens, send));
  return {
    tokens,
    auth: authCalls(open, rest, tokens),
    tenant: () => rest.get<api.Tenant>('/tenant'),
    students: studentCalls(rest),
    courses: courseCalls(rest),
    cameras: cameraCalls(rest),
    sessions: sessionCalls(rest),
    attendance: attendanceCalls(rest),
    reviews: reviewCalls(rest),
    live: (sessionId: string, handlers: LiveHandlers): LiveSession =>
      joinSession({ baseUrl, tokens }, sessionId, handlers),
  };
}

function toTokenSet(answer: api.TokenAnswer): TokenSet {
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    expiresAtMs: Date.now() + answer.expires_in * 1000,
    user: answer.user,
  };
}

function authCalls(open: Rest, rest: Rest, tokens: TokenKeeper) {
  return {
    async login(email: string, password: string): Promise<api.User> {
      const held = toTokenSet(await open.send('POST', '/auth/login', { email, password }));
      tokens.set(held);
      return held.user;
    },
    /** Signs out here at once; that the server could not be told does not keep anybody signed in. */
    async logout(): Promise<void> {
      const held = tokens.current();
      if (held) {
        await rest.send('POST', '/auth/logout', { refresh_token: held.refreshToken }).catch(() => undefined);
      }
      tokens.set(null);
    },
    me: () => rest.get<api.User>('/auth/me'),
  };
}

export interface StudentQuery {
  search?: string;
  skip?: number;
  limit?: number;
  courseId?: string;
}

export interface StudentInput {
  number: string;
  name: string;
  email?: string | null;
}

function studentCalls(rest: Rest) {
  return {
    list: (query: StudentQuery = {}) => rest.get<api.Page<api.Student>>('/students', { ...query }),
    get: (id: string) => rest.get<api.Student>(`/students/${id}`),
    create: (input: StudentInput) => rest.send<api.Student>('POST', '/students', input),
    update: (id: string, input: Partial<StudentInput>) =>
      rest.send<api.Student>('PATCH', `/students/${id}`, input),
    remove: (id: string) => rest.send<void>('DELETE', `/students/${id}`),
    setConsent: (id: string, purpose: 'face' | 'emotion', granted: boolean) =>
      rest.send<unknown>('PUT', `/students/${id}/consents`, { purpose, granted }),
    faces: (id: string) => rest.get<{ templates: api.FaceTemplate[] }>(`/students/${id}/face`),
    enrolFace(id: string, photo: Blob, filename = 'photo.jpg') {
      const form = new FormData();
      form.append('photo', photo, filename);
      return rest.send<{ templates: api.FaceTemplate[] }>('POST', `/students/${id}/face`, form);
    },
    removeFace: (id: string, templateId: string) =>
      rest.send<void>('DELETE', `/students/${id}/face/${templateId}`),
    thumbnail: (id: string, templateId: string) => rest.blob(`/students/${id}/face/${templateId}/thumbnail`),
  };
}

export interface CourseInput {
  code: string;
  name: string;
  semester?: string | null;
  rules?: api.CourseRules;
}

function courseCalls(rest: Rest) {
  return {
    list: (query: { search?: string; skip?: number; limit?: number } = {}) =>
      rest.get<api.Page<api.Course>>('/courses', { ...query }),
    get: (id: string) => rest.get<api.Course>(`/courses/${id}`),
    create: (input: CourseInput) => rest.send<api.Course>('POST', '/courses', input),
    update: (id: string, input: Partial<CourseInput>) =>
      rest.send<api.Course>('PATCH', `/courses/${id}`, input),
    remove: (id: string) => rest.send<void>('DELETE', `/courses/${id}`),
    enrol: (id: string, studentIds: string[]) =>
      rest.send<unknown>('POST', `/courses/${id}/enrolments`, { studentIds }),
    unenrol: (id: string, studentId: string) =>
      rest.send<void>('DELETE', `/courses/${id}/enrolments/${studentId}`),
  };
}

export interface CameraAddress {
  url: string;
  username?: string;
  password?: string;
}

export interface CameraInput extends CameraAddress {
  name: string;
  room?: string | null;
  sampling?: api.Sampling;
  enabled?: boolean;
}

function cameraCalls(rest: Rest) {
  return {
    list: (query: { skip?: number; limit?: number } = {}) =>
      rest.get<api.Page<api.Camera>>('/cameras', { ...query }),
    create: (input: CameraInput) => rest.send<api.Camera>('POST', '/cameras', input),
    update: (id: string, input: Partial<CameraInput>) =>
      rest.send<api.Camera>('PATCH', `/cameras/${id}`, input),
    remove: (id: string) => rest.send<void>('DELETE', `/cameras/${id}`),
    probe: (id: string) => rest.send<api.ProbeAnswer>('POST', `/cameras/${id}/probe`),
    probeAddress: (address: CameraAddress) => rest.send<api.ProbeAnswer>('POST', '/cameras/probe', address),
    snapshot: (id: string) => rest.blob(`/cameras/${id}/snapshot`),
  };
}

function sessionCalls(rest: Rest) {
  return {
    list: (query: { status?: 'open' | 'closed'; courseId?: string; skip?: number; limit?: number } = {}) =>
      rest.get<api.Page<api.ClassSession>>('/sessions', { ...query }),
    get: (id: string) => rest.get<api.ClassSession>(`/sessions/${id}`),
    open: (input: { courseId: string; cameraIds: string[]; startsAt?: string; endsAt?: string }) =>
      rest.send<api.ClassSession>('POST', '/sessions', input),
    close: (id: string) => rest.send<api.ClassSession>('POST', `/sessions/${id}/close`),
    snapshot: (id: string) => rest.get<api.LiveSnapshot>(`/sessions/${id}/live`),
    attendance: (id: string) =>
      rest.get<api.Page<api.AttendanceRecord>>(`/sessions/${id}/attendance`, { limit: 500 }),
  };
}

function attendanceCalls(rest: Rest) {
  return {
    get: (id: string) => rest.get<api.AttendanceRecord>(`/attendance/${id}`),
    /** Refused with 412 where somebody changed the record since `version`. */
    correct: (id: string, version: number, status: api.MarkStatus, note?: string) =>
      rest.send<api.AttendanceRecord>(
        'PUT',
        `/attendance/${id}`,
        { status, ...(note ? { note } : {}) },
        {
          'if-match': `"${version}"`,
        },
      ),
    mark: (input: { sessionId: string; studentId: string; status: api.MarkStatus; note?: string }) =>
      rest.send<api.AttendanceRecord>('POST', '/attendance/manual', input),
  };
}

function reviewCalls(rest: Rest) {
  return {
    confirm: (id: string, studentId?: string) =>
      rest.send<api.Review>('POST', `/reviews/${id}/confirm`, studentId ? { studentId } : {}),
    reject: (id: string) => rest.send<api.Review>('POST', `/reviews/${id}/reject`, {}),
    face: (id: string) => rest.blob(`/reviews/${id}/face`),
  };
}
