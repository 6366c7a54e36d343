import { toApiError } from './errors.ts';
import { holidayCalls } from './holiday-calls.ts';
import { type Http, type SendRequest, unwrap } from './http.ts';
import type * as api from './institution-types.ts';
import { oidcProviderCalls } from './oidc-provider-calls.ts';

/** A file as the server named it. */
export interface NamedFile {
  name: string;
  blob: Blob;
}

/** Calls for what an institution is run with, by subject. `files` sends what is no JSON. */
export function institutionCalls(http: Http, baseUrl: string, send: SendRequest) {
  const files = fileCalls(baseUrl, send);
  return {
    qr: qrCalls(http),
    reports: reportCalls(http, files),
    imports: importCalls(http, files),
    /** Rosters in the form in which they can be imported again. */
    rosterFile: (
      name: 'students.csv' | 'teachers.csv' | 'courses.csv' | 'enrolments.csv' | 'oneroster.zip',
    ) => files.get(`/api/v1/exports/${name}`, name),
    teachers: teacherCalls(http),
    rooms: roomCalls(http),
    holidays: holidayCalls(http),
    meetings: meetingCalls(http),
    decisions: decisionCalls(http),
    settings: settingsCalls(http, files),
    tenants: tenantCalls(http),
    accounts: accountCalls(http),
    invitations: invitationCalls(http),
    codes: codeCalls(http),
    apiKeys: apiKeyCalls(http),
    oidcProviders: oidcProviderCalls(http),
    webhooks: webhookCalls(http),
    jobs: jobCalls(http),
    audit: auditCalls(http, files),
  };
}

type FileCalls = ReturnType<typeof fileCalls>;

function fileCalls(baseUrl: string, send: SendRequest) {
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(`${baseUrl}${path}`, globalThis.location?.href);
    const response = await send(new Request(url, init));
    if (!response.ok) throw toApiError(response.status, await response.json().catch(() => null));
    return response;
  };
  return {
    ask,
    async get(path: string, name: string): Promise<NamedFile> {
      return named(await ask(path), name);
    },
    async form<T>(method: 'POST' | 'PUT', path: string, form: FormData): Promise<T> {
      const response = await ask(path, { method, body: form });
      return (await response.json()) as T;
    },
  };
}

/** The file's name out of `content-disposition` (RFC 6266), else the one given. */
async function named(response: Response, fallback: string): Promise<NamedFile> {
  const header = response.headers.get('content-disposition') ?? '';
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(header)?.[1];
  const plain = /filename="([^"]*)"/i.exec(header)?.[1];
  const name = encoded ? decodeURIComponent(encoded) : plain || fallback;
  return { name, blob: await response.blob() };
}

function qrCalls(http: Http) {
  return {
    open: (body: api.NewQrSession) => unwrap(http.POST('/api/v1/qr/sessions', { body })),
    get: (id: string) => unwrap(http.GET('/api/v1/qr/sessions/{id}', { params: { path: { id } } })),
    close: (id: string) => unwrap(http.DELETE('/api/v1/qr/sessions/{id}', { params: { path: { id } } })),
    code: (id: string) => unwrap(http.GET('/api/v1/qr/sessions/{id}/code', { params: { path: { id } } })),
  };
}

function reportCalls(http: Http, files: FileCalls) {
  const lines = {
    courses: (query: api.LinesQuery) =>
      unwrap(http.GET('/api/v1/reports/attendance/courses', { params: { query } })),
    students: (query: api.LinesQuery) =>
      unwrap(http.GET('/api/v1/reports/attendance/students', { params: { query } })),
    teachers: (query: api.LinesQuery) =>
      unwrap(http.GET('/api/v1/reports/attendance/teachers', { params: { query } })),
    departments: (query: api.LinesQuery) =>
      unwrap(http.GET('/api/v1/reports/attendance/departments', { params: { query } })),
  };
  const periods = {
    daily: (query: api.PeriodQuery) =>
      unwrap(http.GET('/api/v1/reports/attendance/daily', { params: { query } })),
    weekly: (query: api.PeriodQuery) =>
      unwrap(http.GET('/api/v1/reports/attendance/weekly', { params: { query } })),
    monthly: (query: api.PeriodQuery) =>
      unwrap(http.GET('/api/v1/reports/attendance/monthly', { params: { query } })),
  };
  return {
    period: (period: keyof typeof periods, query: api.PeriodQuery = {}) => periods[period](query),
    lines: (by: keyof typeof lines, query: api.LinesQuery = {}) => lines[by](query),
    absences: (query: api.AbsenceQuery = {}) =>
      unwrap(http.GET('/api/v1/reports/absences', { params: { query } })),
    accuracy: (query: api.AccuracyQuery = {}) =>
      unwrap(http.GET('/api/v1/reports/accuracy', { params: { query } })),
    /** A small report is the file at once; a large one becomes a job, whose progress `export` tells. */
    async make(
      body: api.ReportExportRequest,
    ): Promise<{ file: NamedFile; job: null } | { file: null; job: api.ReportExport }> {
      const response = await files.ask('/api/v1/reports/exports', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (response.status === 202) return { file: null, job: (await response.json()) as api.ReportExport };
      return { file: await named(response, body.report), job: null };
    },
    export: (id: string) => unwrap(http.GET('/api/v1/reports/exports/{id}', { params: { path: { id } } })),
    exports: (query: api.PageOf = {}) => unwrap(http.GET('/api/v1/reports/exports', { params: { query } })),
  };
}

function importCalls(http: Http, files: FileCalls) {
  return {
    /** Nothing is changed: the answer, or the import once it is `checked`, says what would be. */
    upload(file: File, of: { entity?: api.RosterEntity; emptyClears?: boolean } = {}) {
      const form = new FormData();
      // Fields first: a server that reads as it comes knows them before the file.
      if (of.entity) form.append('entity', of.entity);
      if (of.emptyClears) form.append('emptyClears', 'true');
      form.append('file', file, file.name);
      return files.form<api.RosterImport>('POST', '/api/v1/imports', form);
    },
    list: (query: api.PageOf = {}) => unwrap(http.GET('/api/v1/imports', { params: { query } })),
    get: (id: string) => unwrap(http.GET('/api/v1/imports/{id}', { params: { path: { id } } })),
    lines: (id: string, query: api.ImportLineQuery = {}) =>
      unwrap(http.GET('/api/v1/imports/{id}/lines', { params: { path: { id }, query } })),
    apply: (id: string, skipErrors: boolean) =>
      unwrap(http.POST('/api/v1/imports/{id}/apply', { params: { path: { id } }, body: { skipErrors } })),
    remove: (id: string) => unwrap(http.DELETE('/api/v1/imports/{id}', { params: { path: { id } } })),
  };
}

function teacherCalls(http: Http) {
  return {
    list: (query: api.TeacherQuery = {}) => unwrap(http.GET('/api/v1/teachers', { params: { query } })),
    create: (body: api.NewTeacher) => unwrap(http.POST('/api/v1/teachers', { body })),
    update: (id: string, body: api.TeacherPatch) =>
      unwrap(http.PATCH('/api/v1/teachers/{id}', { params: { path: { id } }, body })),
    remove: (id: string) => unwrap(http.DELETE('/api/v1/teachers/{id}', { params: { path: { id } } })),
  };
}

function roomCalls(http: Http) {
  return {
    list: (query: api.RoomQuery = {}) => unwrap(http.GET('/api/v1/rooms', { params: { query } })),
    create: (body: api.NewRoom) => unwrap(http.POST('/api/v1/rooms', { body })),
    update: (id: string, body: api.RoomPatch) =>
      unwrap(http.PATCH('/api/v1/rooms/{id}', { params: { path: { id } }, body })),
    remove: (id: string) => unwrap(http.DELETE('/api/v1/rooms/{id}', { params: { path: { id } } })),
  };
}

function meetingCalls(http: Http) {
  return {
    get: (courseId: string) =>
      unwrap(http.GET('/api/v1/courses/{id}/meetings', { params: { path: { id: courseId } } })),
    /** Replaces all of them; rooms that are taken at that time come back as warnings. */
    put: (courseId: string, meetings: api.NewMeeting[]) =>
      unwrap(
        http.PUT('/api/v1/courses/{id}/meetings', {
          params: { path: { id: courseId } },
          body: { meetings },
        }),
      ),
  };
}

/** Answers to what students ask; each is given once. */
function decisionCalls(http: Http) {
  return {
    excuse: (id: string, body: api.ExcuseDecision) =>
      unwrap(http.POST('/api/v1/excuses/{id}/decide', { params: { path: { id } }, body })),
    contest: (id: string, body: api.ContestDecision) =>
      unwrap(http.POST('/api/v1/contests/{id}/decide', { params: { path: { id } }, body })),
  };
}

function settingsCalls(http: Http, files: FileCalls) {
  return {
    update: (body: api.TenantPatch) => unwrap(http.PATCH('/api/v1/tenant', { body })),
    async setLogo(picture: File): Promise<void> {
      const form = new FormData();
      form.append('logo', picture, picture.name);
      await files.form('PUT', '/api/v1/tenant/logo', form);
    },
    removeLogo: () => unwrap(http.DELETE('/api/v1/tenant/logo')),
  };
}

function tenantCalls(http: Http) {
  return {
    list: (query: api.TenantQuery = {}) => unwrap(http.GET('/api/v1/tenants', { params: { query } })),
    create: (body: api.NewTenant) => unwrap(http.POST('/api/v1/tenants', { body })),
    update: (id: string, body: api.AnyTenantPatch) =>
      unwrap(http.PATCH('/api/v1/tenants/{id}', { params: { path: { id } }, body })),
  };
}

function accountCalls(http: Http) {
  return {
    list: (query: api.AccountQuery = {}) => unwrap(http.GET('/api/v1/users', { params: { query } })),
    update: (id: string, body: api.AccountPatch) =>
      unwrap(http.PATCH('/api/v1/users/{id}', { params: { path: { id } }, body })),
    removeSecondFactor: (id: string) =>
      unwrap(http.DELETE('/api/v1/users/{id}/second-factor', { params: { path: { id } } })),
  };
}

function invitationCalls(http: Http) {
  return {
    list: (query: api.InvitationQuery = {}) => unwrap(http.GET('/api/v1/invitations', { params: { query } })),
    create: (body: api.NewInvitation) => unwrap(http.POST('/api/v1/invitations', { body })),
    resend: (id: string) =>
      unwrap(http.POST('/api/v1/invitations/{id}/resend', { params: { path: { id } } })),
    remove: (id: string) => unwrap(http.DELETE('/api/v1/invitations/{id}', { params: { path: { id } } })),
  };
}

function codeCalls(http: Http) {
  return {
    list: (query: api.ActivationCodeQuery = {}) =>
      unwrap(http.GET('/api/v1/activation-codes', { params: { query } })),
    /** The codes themselves are in this answer only. */
    create: (body: api.NewActivationCodes) => unwrap(http.POST('/api/v1/activation-codes', { body })),
    revoke: (id: string) =>
      unwrap(http.DELETE('/api/v1/activation-codes/{id}', { params: { path: { id } } })),
  };
}

function apiKeyCalls(http: Http) {
  return {
    list: (query: api.ApiKeyQuery = {}) => unwrap(http.GET('/api/v1/api-keys', { params: { query } })),
    scopes: () => unwrap(http.GET('/api/v1/api-keys/scopes')),
    /** The key itself is in this answer only. */
    create: (body: api.NewApiKey) => unwrap(http.POST('/api/v1/api-keys', { body })),
    revoke: (id: string) => unwrap(http.DELETE('/api/v1/api-keys/{id}', { params: { path: { id } } })),
  };
}

function webhookCalls(http: Http) {
  return {
    list: (query: api.PageOf = {}) => unwrap(http.GET('/api/v1/webhooks', { params: { query } })),
    /** The secret that signs is in this answer, and in that of `renewSecret`, only. */
    create: (body: api.NewWebhook) => unwrap(http.POST('/api/v1/webhooks', { body })),
    update: (id: string, body: api.WebhookPatch) =>
      unwrap(http.PATCH('/api/v1/webhooks/{id}', { params: { path: { id } }, body })),
    remove: (id: string) => unwrap(http.DELETE('/api/v1/webhooks/{id}', { params: { path: { id } } })),
    renewSecret: (id: string) =>
      unwrap(http.POST('/api/v1/webhooks/{id}/secret', { params: { path: { id } } })),
    test: (id: string) => unwrap(http.POST('/api/v1/webhooks/{id}/test', { params: { path: { id } } })),
    deliveries: (id: string, query: api.WebhookDeliveryQuery = {}) =>
      unwrap(http.GET('/api/v1/webhooks/{id}/deliveries', { params: { path: { id }, query } })),
    redeliver: (id: string, deliveryId: string) =>
      unwrap(
        http.POST('/api/v1/webhooks/{id}/deliveries/{deliveryId}/redeliver', {
          params: { path: { id, deliveryId } },
        }),
      ),
  };
}

function jobCalls(http: Http) {
  return {
    overview: () => unwrap(http.GET('/api/v1/jobs')),
    run: (name: string) => unwrap(http.POST('/api/v1/jobs/{name}/run', { params: { path: { name } } })),
    dead: (query: api.PageOf = {}) => unwrap(http.GET('/api/v1/jobs/dead', { params: { query } })),
    retryDead: (id: string) =>
      unwrap(http.POST('/api/v1/jobs/dead/{id}/retry', { params: { path: { id } } })),
    removeDead: (id: string) => unwrap(http.DELETE('/api/v1/jobs/dead/{id}', { params: { path: { id } } })),
  };
}

function auditCalls(http: Http, files: FileCalls) {
  return {
    list: (query: api.AuditQuery = {}) => unwrap(http.GET('/api/v1/audit', { params: { query } })),
    verify: () => unwrap(http.GET('/api/v1/audit/verify')),
    file: () => files.get('/api/v1/audit/export.csv', 'audit.csv'),
  };
}
