import type { paths } from '../generated/api.d.ts';
import type { Body, Query, Schemas } from './schema-types.ts';

/** The shapes of the API by short names; every one comes from the server's own description. */
export type User = Schemas['TokenAnswer']['user'];
export type Role = User['role'];
export type TokenAnswer = Schemas['TokenAnswer'];
export type Tenant = Schemas['Tenant'];
/** What may be known of an institution before anybody signed in. */
export type TenantPublic = Schemas['TenantPublic'];

export type MePatch = Schemas['MePatch'];
export type SecondFactorAnswer = Body<paths['/api/v1/auth/2fa/login']['post']>;
export type SecondFactorProof = Body<paths['/api/v1/auth/2fa/disable']['post']>;
export type SignInEntry = Schemas['SignIn'];
export type Registration = Schemas['Registration'];
export type Activation = Schemas['Activation'];
export type InvitationAnswer = Body<paths['/api/v1/auth/invitations/accept']['post']>;
export type OidcAnswer = Schemas['OidcCallback'];

export type Notification = Schemas['Notification'];
export type NotificationKind = Notification['kind'];
export type NotificationQuery = Query<'/api/v1/notifications'>;
export type NotificationPreferences = Schemas['NotificationPreferences'];
export type NotificationChoices = Schemas['NotificationPreferencesBody'];
export type NotificationTopic = NotificationPreferences['topics'][number]['topic'];

export type StudentAttendance = Schemas['StudentAttendance'];
export type StudentAttendanceQuery = Query<'/api/v1/students/{id}/attendance'>;
export type StudentMark = StudentAttendance['items'][number];
export type ConsentEntry = Schemas['ConsentEntry'];
export type ConsentPurpose = ConsentEntry['purpose'];
export type PrivacyPolicy = Schemas['PrivacyPolicy'];
export type EngagementReport = Schemas['EngagementReport'];
export type EmotionReport = Schemas['EmotionReport'];
export type DayRange = Query<'/api/v1/students/{id}/emotions'>;

export type Excuse = Schemas['Excuse'];
export type NewExcuse = Schemas['NewExcuse'];
export type ExcusePatch = Schemas['ExcusePatch'];
export type ExcuseQuery = Query<'/api/v1/excuses'>;
export type Contest = Schemas['Contest'];
export type ContestQuery = Query<'/api/v1/contests'>;
export type QrScan = Schemas['QrScan'];
export type QrCode = Schemas['LiveQrCode'];

export type Student = Schemas['Student'];
export type NewStudent = Schemas['NewStudent'];
export type StudentPatch = Schemas['StudentPatch'];
export type StudentQuery = Query<'/api/v1/students'>;
export type FaceTemplate = Schemas['FaceTemplate'];

/** What is left to be named of a photo of a class. */
export type ClassPhoto = Schemas['EnrolPhoto'];
/** The same, with the picture and with the faces that make no template: told once, when the photo was sent. */
export type FreshClassPhoto = Schemas['FreshEnrolPhoto'];
export type ProposedFace = Schemas['ProposedFace'];
export type FaceName = Schemas['PhotoNames']['names'][number];

export type Course = Schemas['Course'];
export type CourseRules = Schemas['CourseRules'];
export type NewCourse = Schemas['NewCourse'];
export type CoursePatch = Schemas['CoursePatch'];
export type CourseQuery = Query<'/api/v1/courses'>;

export type Camera = Schemas['Camera'];
export type Sampling = Camera['sampling'];
export type NewCamera = Schemas['NewCamera'];
export type CameraPatch = Schemas['CameraPatch'];
export type CameraQuery = Query<'/api/v1/cameras'>;
export type CameraAddress = Schemas['ProbeRequest'];
/** What a camera answered when it was tried; `snapshot` is a JPEG as base64. */
export type Probe = Schemas['Probe'];

export type ClassSession = Schemas['ClassSession'];
export type SessionQuery = Query<'/api/v1/sessions'>;
export type OpenSession = Body<paths['/api/v1/sessions']['post']>;
export type AttendanceRecord = Schemas['AttendanceRecord'];
export type AttendanceStatus = AttendanceRecord['status'];
export type ManualMark = Body<paths['/api/v1/attendance/manual']['post']>;
/** What a person may say; `pending` is only ever the machine's. */
export type MarkStatus = ManualMark['status'];
export type Review = Schemas['Review'];
export type NewPublisher = Body<paths['/api/v1/sessions/{id}/publishers']['post']>;
export type PublisherLink = Schemas['PublisherLink'];
export type Publisher = Schemas['PublisherList']['items'][number];

export type Recording = Schemas['Recording'];
export type RecordingQuery = Query<'/api/v1/recordings'>;
export type RecordingTimeline = Schemas['RecordingTimeline'];

export type LiveSnapshot = Schemas['LiveSnapshot'];
export type RosterEntry = LiveSnapshot['roster'][number];
export type HistoryPoint = LiveSnapshot['history'][number];
export type StreamStatusEvent = Schemas['StreamStatus'];
export type StreamState = StreamStatusEvent['state'];
export type MetricsEvent = Schemas['SessionMetrics'];
export type StudentMetrics = MetricsEvent['students'][number];
export type Band = NonNullable<StudentMetrics['band']>;
export type FacesEvent = Schemas['LiveFaces'];
export type LiveFace = FacesEvent['faces'][number];
/** Bytes travel beside the JSON, which a description of JSON cannot say. */
export type PictureEvent = Omit<Schemas['LivePicture'], 'jpeg'> & { jpeg: ArrayBuffer };

/** What the server sends on the `/live` namespace. */
export interface LiveEvents {
  'session:snapshot': LiveSnapshot;
  'session:faces': FacesEvent;
  'session:picture': PictureEvent;
  'session:metrics': MetricsEvent;
  'attendance:marked': Schemas['LiveRecord'];
  'attendance:changed': Schemas['LiveRecord'];
  'review:asked': Schemas['LiveReview'];
  'review:settled': Schemas['LiveReview'];
  'stream:status': StreamStatusEvent;
  'session:closed': Schemas['LiveClosed'];
  /** The code to show, at every rotation while a window for QR codes is open. */
  'qr:code': QrCode;
  /** To the signed-in user, whatever session was joined. */
  notification: Notification;
  alert: Schemas['LiveAlert'];
}

/** What a client sends. */
export type LiveJoin = Schemas['LiveJoin'];
export type LiveWatch = Schemas['LiveWatch'];
