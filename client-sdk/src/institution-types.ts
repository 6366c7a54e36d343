import type { Query, Schemas } from './schema-types.ts';

/** Shapes of what an institution is run with: reports, rosters, requests, accounts, settings. */
export type QrSession = Schemas['QrSession'];
export type NewQrSession = Schemas['NewQrSession'];

export type AttendancePeriod = Schemas['AttendancePeriod'];
export type PeriodQuery = Query<'/api/v1/reports/attendance/weekly'>;
export type AttendanceLine = Schemas['AttendanceLine'];
export type LinesQuery = Query<'/api/v1/reports/attendance/courses'>;
export type Absence = Schemas['Absence'];
export type AbsenceQuery = Query<'/api/v1/reports/absences'>;
export type AccuracyReport = Schemas['AccuracyReport'];
export type AccuracyQuery = Query<'/api/v1/reports/accuracy'>;
export type ReportExport = Schemas['ReportExport'];
export type ReportExportRequest = Schemas['ReportExportRequest'];

export type RosterImport = Schemas['Import'];
export type ImportLine = Schemas['ImportLine'];
export type ImportLineQuery = Query<'/api/v1/imports/{id}/lines'>;
export type RosterEntity = NonNullable<RosterImport['entity']>;

export type Teacher = Schemas['Teacher'];
export type NewTeacher = Schemas['NewTeacher'];
export type TeacherPatch = Schemas['TeacherPatch'];
export type TeacherQuery = Query<'/api/v1/teachers'>;
export type Room = Schemas['Room'];
export type NewRoom = Schemas['NewRoom'];
export type RoomPatch = Schemas['RoomPatch'];
export type RoomQuery = Query<'/api/v1/rooms'>;
/** A day without classes, in the institution's own time zone. */
export type Holiday = Schemas['Holiday'];
export type NewHoliday = Schemas['NewHoliday'];
export type HolidayPatch = Schemas['HolidayPatch'];
export type HolidayQuery = Query<'/api/v1/holidays'>;
export type Meeting = Schemas['Meeting'];
export type NewMeeting = Schemas['NewMeeting'];
export type RoomClash = Schemas['RoomClash'];

export type ExcuseDecision = Schemas['ExcuseDecision'];
export type ContestDecision = Schemas['ContestDecision'];

export type TenantPatch = Schemas['TenantPatch'];
export type TenantSummary = Schemas['TenantSummary'];
export type NewTenant = Schemas['NewTenant'];
export type TenantQuery = Query<'/api/v1/tenants'>;
export type AnyTenantPatch = Schemas['AnyTenantPatch'];

/** An account as administrators see it. */
export type Account = Schemas['User'];
export type AccountPatch = Schemas['UserPatch'];
export type AccountQuery = Query<'/api/v1/users'>;
export type Invitation = Schemas['Invitation'];
export type NewInvitation = Schemas['NewInvitation'];
export type InvitationQuery = Query<'/api/v1/invitations'>;
export type ActivationCode = Schemas['ActivationCode'];
export type NewActivationCodes = Schemas['NewActivationCodes'];
export type FreshActivationCode = Schemas['FreshActivationCodes']['codes'][number];
export type ActivationCodeQuery = Query<'/api/v1/activation-codes'>;
export type ApiKey = Schemas['ApiKey'];
export type NewApiKey = Schemas['NewApiKey'];
export type FreshApiKey = Schemas['FreshApiKey'];
export type ApiKeyQuery = Query<'/api/v1/api-keys'>;

/** Somewhere else to sign in; its client secret is never answered. */
export type OidcProvider = Schemas['OidcProvider'];
export type NewOidcProvider = Schemas['NewOidcProvider'];
/** All but the issuer. A secret that is left out stays as it is, null takes it away. */
export type OidcProviderPatch = Schemas['OidcProviderPatch'];

export type Webhook = Schemas['Webhook'];
export type NewWebhook = Schemas['NewWebhook'];
export type WebhookPatch = Schemas['WebhookPatch'];
export type WebhookDelivery = Schemas['WebhookDelivery'];
export type WebhookDeliveryQuery = Query<'/api/v1/webhooks/{id}/deliveries'>;
export type JobOverview = Schemas['JobOverview'];
export type DeadLetter = Schemas['DeadLetter'];
export type AuditEntry = Schemas['AuditEntry'];
export type AuditQuery = Query<'/api/v1/audit'>;
export type AuditVerification = Schemas['AuditVerification'];

/** A part of a long list. */
export interface PageOf {
  skip?: number;
  limit?: number;
}
