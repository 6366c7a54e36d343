import { type Http, type SendRequest, sendFile, unwrap } from './http.ts';
import type * as api from './types.ts';

/** What is kept about one student; students reach their own. */
export function studentRecordCalls(http: Http) {
  const of = (id: string) => ({ path: { id } });
  return {
    courses: (id: string, query: { skip?: number; limit?: number } = {}) =>
      unwrap(http.GET('/api/v1/students/{id}/courses', { params: { ...of(id), query } })),
    /** Marks, the newest first, with a summary of each course. */
    attendance: (id: string, query: api.StudentAttendanceQuery = {}) =>
      unwrap(http.GET('/api/v1/students/{id}/attendance', { params: { ...of(id), query } })),
    engagement: (id: string, query: api.DayRange = {}) =>
      unwrap(http.GET('/api/v1/reports/engagement/student/{id}', { params: { ...of(id), query } })),
    /** Refused with `emotion-prohibited`, `emotion-off` or `emotion-consent-missing` where nothing may be read. */
    emotions: (id: string, query: api.DayRange = {}) =>
      unwrap(http.GET('/api/v1/students/{id}/emotions', { params: { ...of(id), query } })),
    /** What was agreed to and withdrawn, the newest first. */
    consents: (id: string, query: { skip?: number; limit?: number } = {}) =>
      unwrap(http.GET('/api/v1/students/{id}/consents', { params: { ...of(id), query } })),
    /** Everything that is kept, as a zip. */
    data: (id: string): Promise<Blob> =>
      unwrap(http.GET('/api/v1/students/{id}/data', { params: of(id), parseAs: 'blob' })),
  };
}

export function excuseCalls(http: Http, baseUrl: string, send: SendRequest) {
  const of = (id: string) => ({ params: { path: { id } } });
  return {
    list: (query: api.ExcuseQuery = {}) => unwrap(http.GET('/api/v1/excuses', { params: { query } })),
    get: (id: string) => unwrap(http.GET('/api/v1/excuses/{id}', of(id))),
    create: (body: api.NewExcuse) => unwrap(http.POST('/api/v1/excuses', { body })),
    update: (id: string, body: api.ExcusePatch) =>
      unwrap(http.PATCH('/api/v1/excuses/{id}', { ...of(id), body })),
    remove: (id: string) => unwrap(http.DELETE('/api/v1/excuses/{id}', of(id))),
    /** PDF, JPEG or PNG, in the place of an earlier one. */
    putDocument: (id: string, file: Blob, name: string) =>
      sendFile<api.Excuse>(
        send,
        { method: 'PUT', url: `${baseUrl}/api/v1/excuses/${id}/document`, field: 'document' },
        file,
        name,
      ),
    document: (id: string): Promise<Blob> =>
      unwrap(http.GET('/api/v1/excuses/{id}/document', { ...of(id), parseAs: 'blob' })),
  };
}

export function contestCalls(http: Http) {
  return {
    list: (query: api.ContestQuery = {}) => unwrap(http.GET('/api/v1/contests', { params: { query } })),
    /** Says that a mark of one's own is wrong; a person answers. `contest-open`: it was said already. */
    create: (recordId: string, text: string) =>
      unwrap(
        http.POST('/api/v1/attendance/{id}/contest', { params: { path: { id: recordId } }, body: { text } }),
      ),
  };
}

/** What the signed-in user is told. */
export function notificationCalls(http: Http) {
  return {
    /** Unread first, then the newest; `unread` counts over all pages. */
    list: (query: api.NotificationQuery = {}) =>
      unwrap(http.GET('/api/v1/notifications', { params: { query } })),
    read: (id: string) => unwrap(http.POST('/api/v1/notifications/{id}/read', { params: { path: { id } } })),
    readAll: () => unwrap(http.POST('/api/v1/notifications/read-all')),
    preferences: () => unwrap(http.GET('/api/v1/notifications/preferences')),
    /** What is left out stays as it is. */
    choose: (body: api.NotificationChoices) =>
      unwrap(http.PUT('/api/v1/notifications/preferences', { body })),
  };
}
