/**
 * Every error that the API answers with: its stable code, its HTTP status, and what it says. Clients switch on the
 * code; the message is English for developers, the dashboard words the code in the reader's language.
 */
export const ERRORS = {
  // Any request
  'invalid-request': [400, 'The request does not have the form that this route expects.'],
  'invalid-json': [400, 'The body is not valid JSON.'],
  'unsupported-media-type': [415, 'This route does not take a body of that media type.'],
  'body-too-large': [413, 'The body is larger than allowed.'],
  'not-found': [404, 'There is nothing at this address.'],
  'rate-limited': [429, 'Too many requests; try again later.'],
  internal: [500, 'Something went wrong on the server. The request id finds it in the log.'],
  'database-unavailable': [503, 'The database cannot be reached at the moment; try again in a few seconds.'],
  'database-busy': [
    503,
    'Other work on the same data did not let this finish; nothing was changed. Try again in a few seconds.',
  ],
  'disk-full': [507, 'The disk of the server is full; nothing was changed.'],
  'pipeline-unavailable': [503, 'No video worker is ready at the moment; try again in a few seconds.'],
  'pipeline-busy': [503, 'The video workers are busy; try again in a few seconds.'],
  'shutting-down': [503, 'The server is shutting down.'],

  // Browsers and encoders as cameras
  'webrtc-unavailable': [503, 'This server takes no WebRTC; `details.reason` says why.'],
  'publish-token-invalid': [401, 'The link is unknown, was used before or has expired; ask for a new one.'],
  'publisher-not-found': [404, 'There is no such publisher.'],
  'own-cameras-off': [409, 'This session does not take students’ own cameras; its teacher can allow it.'],
  'publishers-full': [429, 'The institution has as many publishers as it may at the same time.'],
  'stream-not-found': [404, 'There is no such stream.'],
  'viewer-not-found': [404, 'There is no such viewer.'],
  'stream-not-live': [409, 'The stream has no video now; `details.reason` says why. Try again shortly.'],
  'viewers-full': [429, 'As many watch at the same time as the institution may have.'],
  'session-elsewhere': [409, 'The session runs on another server of this installation.'],
  'sdp-invalid': [400, 'The body is no usable session description.'],
  'sdp-without-video': [422, 'The offer sends no video.'],
  'sdp-codec-unsupported': [422, 'The offer has no video codec that is taken: VP8 or H.264.'],
  'ice-session-unnamed': [428, 'Say which ICE session is meant: `If-Match` with its `ETag`, or `*`.'],
  'ice-session-over': [412, 'The ICE session has been restarted since.'],
  'signal-invalid': [400, 'The message does not have the form that is expected here.'],

  // Recordings
  'recording-prohibited': [403, 'The institution’s policy keeps no recordings.'],
  'recording-off': [403, 'The institution has not switched recordings on.'],
  'recording-not-found': [404, 'There is no such recording, or no such part of it.'],
  'recording-running': [409, 'It is being recorded; switch the recording off first.'],

  // Background work and files
  'queue-unavailable': [503, 'The job queue cannot be reached at the moment; try again in a few seconds.'],
  'file-not-found': [404, 'There is no such file, or it has expired.'],
  'job-not-found': [404, 'There is no such job.'],
  'job-running': [409, 'The job is running already.'],
  'dead-letter-not-found': [404, 'There is no such failed job.'],
  'backup-running': [409, 'A backup is being made already.'],

  // Signing in and rights
  unauthenticated: [401, 'A valid access token is needed.'],
  'token-expired': [401, 'The access token has expired; use the refresh token.'],
  'wrong-credentials': [401, 'E-mail address or password are wrong.'],
  'account-disabled': [403, 'This account is disabled.'],
  'refresh-invalid': [401, 'The refresh token is unknown, expired or revoked; sign in again.'],
  'refresh-reused': [
    401,
    'The refresh token had been used before; every session from that sign-in was ended.',
  ],
  forbidden: [403, 'Your role does not allow this.'],
  'scope-missing': [403, 'The API key does not have the scope of this route; `details.scope` names it.'],
  'key-not-allowed': [403, 'This route is for people; no API key may call it.'],
  'institution-suspended': [403, 'The institution is suspended.'],
  'account-waiting': [403, 'The account waits until an administrator finds its entry on the roster.'],
  'second-factor-required': [401, 'The second factor is needed; `details.challenge` goes with it.'],
  'second-factor-wrong': [401, 'The code is wrong, was used before, or the sign-in took too long.'],
  'second-factor-setup-required': [403, 'This role needs a second factor; set it up first.'],
  'second-factor-already-on': [409, 'The second factor is on already; switch it off first.'],
  'second-factor-off': [409, 'The second factor is not on.'],
  'second-factor-needed-by-role': [409, 'The institution asks for a second factor in this role.'],
  'password-wrong': [403, 'The password is wrong.'],
  'password-missing': [409, 'This account has no password; set one through “forgot password”.'],
  'link-invalid': [404, 'The link is unknown, was used or has expired.'],
  'sign-in-not-found': [404, 'There is no such sign-in.'],

  // Joining: registration, invitations, activation codes
  'registration-closed': [403, 'The institution does not let people make accounts for themselves.'],
  'email-domain-not-allowed': [422, 'The institution takes addresses of its own domains only.'],
  'invitation-not-found': [404, 'There is no such open invitation.'],
  'activation-code-mistyped': [422, 'The code has a mistake in it: its check character does not fit.'],
  'activation-code-invalid': [404, 'The code is unknown, was withdrawn, has expired or was used up.'],
  'activation-code-not-found': [404, 'There is no such activation code.'],
  'roster-entry-missing': [422, 'A student’s number is needed, or does not fit the entry on the roster.'],
  'roster-entry-taken': [409, 'The entry on the roster has an account already.'],

  // Institutions
  'tenant-not-found': [404, 'There is no such institution.'],
  'domain-taken': [409, 'Another institution has this domain.'],
  'own-tenant': [409, 'Your own institution cannot be suspended.'],
  'timezone-unknown': [422, 'There is no such IANA time zone.'],
  'logo-not-found': [404, 'The institution has no logo.'],
  'logo-invalid': [
    422,
    'The file is not a picture that can be a logo: PNG, JPEG or WebP, 32 to 4096 pixels.',
  ],

  // API keys
  'api-key-not-found': [404, 'There is no such API key.'],
  'api-key-invalid': [401, 'The API key is unknown, was revoked or has expired.'],
  'scope-unknown': [422, 'There is no such scope; `details.scopes` lists them.'],

  // Sign-in through a provider
  'oidc-provider-not-found': [404, 'There is no such sign-in provider.'],
  'oidc-provider-taken': [409, 'This provider and client are configured already.'],
  'oidc-address-forbidden': [
    422,
    'The provider’s address is not allowed: https and a public host are needed.',
  ],
  'oidc-provider-unreachable': [502, 'The provider did not answer as OpenID Connect says.'],
  'oidc-state-invalid': [401, 'This sign-in was not started here, took too long or was finished before.'],
  'oidc-refused': [401, 'The provider’s answer could not be verified.'],
  'oidc-email-unverified': [403, 'The provider does not vouch for the e-mail address.'],
  'oidc-no-account': [403, 'Nobody in the institution has the account that the provider names.'],

  // Users
  'user-not-found': [404, 'There is no such user.'],
  'email-taken': [409, 'Another user has this e-mail address.'],
  'password-too-weak': [422, 'A password needs at least 10 characters and must not be the e-mail address.'],
  'last-admin': [409, 'The last active administrator of an institution cannot be removed.'],

  // Students, consent, faces
  'student-not-found': [404, 'There is no such student.'],
  'student-number-taken': [409, 'Another student has this number.'],
  'student-external-id-taken': [409, 'Another student has this external id.'],
  'student-archived': [409, 'The student is archived; restore them first.'],
  'consent-missing': [403, 'The student has not consented to face recognition.'],
  'receipt-not-found': [404, 'There is no such receipt.'],
  'template-not-found': [404, 'There is no such face template.'],
  'photo-missing': [400, 'The request has no file in the field "photo".'],
  'too-many-photos': [413, 'The request has more photos than allowed at once.'],
  'too-many-templates': [409, 'The student has as many face templates as are useful; delete one first.'],
  'photo-too-large': [413, 'The photo is larger than allowed, in bytes or in pixels.'],
  'not-a-photo': [422, 'The file is not a photo that can be read: JPEG, PNG, WebP, AVIF, GIF and TIFF are.'],
  'no-face': [422, 'There is no face in the photo.'],
  'several-faces': [422, 'There are several faces in the photo; it must show the student alone.'],
  'face-too-small': [422, 'The face in the photo is too small; come closer or use a larger photo.'],
  'face-too-blurred': [422, 'The face in the photo is too blurred; hold still and use more light.'],
  'face-turned-away': [422, 'The face in the photo is turned away; look at the camera.'],
  'face-of-another-student': [409, 'The face in the photo is already enrolled for another student.'],

  // Courses
  'course-not-found': [404, 'There is no such course.'],
  'course-code-taken': [409, 'Another course of that semester has this code.'],
  'course-external-id-taken': [409, 'Another course has this external id.'],
  'course-archived': [409, 'The course is archived; restore it first.'],
  'course-has-sessions': [409, 'The course has class sessions; their attendance would be lost with it.'],
  'enrolment-not-found': [404, 'The student is not enrolled in this course.'],

  // Teachers, rooms, holidays
  'teacher-not-found': [404, 'There is no such teacher.'],
  'teacher-taken': [409, 'Another teacher has this account or this external id.'],
  'room-not-found': [404, 'There is no such room.'],
  'room-name-taken': [409, 'Another room has this name.'],
  'room-in-use': [409, 'The room is used by cameras, meetings or sessions; `details` counts them.'],
  'meetings-overlap': [422, 'Meetings of the course overlap, or one ends before it starts; see `details`.'],
  'holiday-not-found': [404, 'There is no such holiday.'],
  'holiday-taken': [409, 'That day is a holiday already.'],

  // Importing rosters
  'import-not-found': [404, 'There is no such import.'],
  'import-file-missing': [400, 'The request has no file in the field "file".'],
  'import-too-large': [413, 'The file is larger than allowed, packed or unpacked, or has too many lines.'],
  'import-not-text': [
    422,
    'The file is not a text table: save it as CSV, as UTF-8 or in the Turkish encoding.',
  ],
  'import-columns-missing': [422, 'The table lacks columns; `details` has those missing and those found.'],
  'import-zip-unsafe': [422, 'The zip file is damaged, encrypted or names files outside of itself.'],
  'import-not-oneroster': [422, 'The zip file is not a OneRoster 1.1 or 1.2 CSV export.'],
  'import-not-ready': [409, 'The file is still being checked.'],
  'import-failed': [409, 'The file could not be read; `error` of the import says why.'],
  'import-has-errors': [
    409,
    'Lines of the import have errors; nothing was applied. Mend them or say `skipErrors`.',
  ],

  // Photos of a class
  'class-photo-not-found': [
    404,
    'There is no such photo; faces that nobody named are forgotten after an hour.',
  ],

  // Cameras
  'camera-not-found': [404, 'There is no such camera.'],
  'camera-name-taken': [409, 'Another camera has this name.'],
  'camera-url-invalid': [422, 'The address of the camera cannot be read.'],
  'camera-url-scheme': [422, 'Only rtsp:// and rtsps:// addresses are allowed.'],
  'camera-url-forbidden': [422, 'The address is not in a network that cameras are allowed in.'],
  'camera-host-unresolved': [422, 'The host name of the address has no address.'],
  'camera-no-picture': [502, 'The camera gave no picture; `details.reason` says why.'],
  'camera-disabled': [409, 'The camera is switched off.'],
  'camera-in-use': [409, 'The camera takes part in an open session.'],

  // Sessions, attendance, reviews
  'session-not-found': [404, 'There is no such session.'],
  'session-already-open': [409, 'The course has an open session already.'],
  'session-closed': [409, 'The session is closed.'],
  'no-open-session': [409, 'The course has no open session to mark students in.'],
  'session-decided': [409, 'Somebody is marked already; the start cannot be moved any more.'],
  'session-times-invalid': [422, 'A session ends after its start and after now.'],
  'record-not-found': [404, 'There is no such attendance record.'],
  'same-student': [422, 'From and to are the same student.'],
  'nothing-to-move': [409, 'The record stands on no face that could be moved.'],
  'track-not-found': [404, 'The record does not stand on such a track.'],
  'transfer-not-found': [404, 'There is no such merge or split.'],
  'transfer-undone': [409, 'It was undone already.'],
  'version-required': [428, 'Say which version you saw: `If-Match` or `version`.'],
  'version-conflict': [409, 'The record was changed in the meantime; `details.record` is how it stands now.'],
  'student-not-enrolled': [422, 'The student is not enrolled in the course of this session.'],
  'marks-invalid': [
    422,
    'Marks name nobody of the course, or somebody twice; nothing was written. See `details.problems`.',
  ],
  'excuse-not-found': [404, 'There is no such excuse.'],
  'excuse-decided': [409, 'The excuse has been decided already.'],
  'excuse-times-invalid': [422, 'An excuse ends after its beginning and at most a year later.'],
  'document-missing': [400, 'The request has no file in the field "document".'],
  'document-type': [422, 'The document is neither PDF nor JPEG nor PNG.'],
  'contest-not-found': [404, 'There is no such objection.'],
  'contest-open': [409, 'There is an open objection to this mark already.'],
  'contest-decided': [409, 'The objection has been answered already.'],
  'review-not-found': [404, 'There is no such question.'],
  'review-settled': [409, 'The question has been answered already.'],
  'review-face-gone': [404, 'The picture of the face is no longer at hand; it is never stored.'],

  // QR codes
  'qr-session-not-found': [404, 'There is no such window for QR codes.'],
  'qr-room-without-place': [422, 'The session has no room, or its room has no coordinates.'],
  'qr-code-invalid': [422, 'This is not a code of this server, or it was changed.'],
  'qr-code-expired': [410, 'The code is no longer shown; scan the one on the screen.'],
  'qr-closed': [409, 'The window for QR codes is closed, or the session is.'],
  'qr-place-required': [422, 'This window is bound to a place; send where the device is.'],
  'qr-too-far': [403, 'The device is too far from where the session takes place.'],
  'qr-not-enrolled': [403, 'The student is not enrolled in the course of this session.'],
  'qr-device-shared': [409, 'Another student has used this device in this session.'],

  // Idempotency-Key
  'idempotency-key-invalid': [400, 'An Idempotency-Key has 1 to 200 visible ASCII characters.'],
  'idempotency-key-reused': [422, 'This Idempotency-Key was used for another request.'],
  'idempotency-in-progress': [409, 'The first request with this Idempotency-Key is still at work.'],
  'idempotency-answer-gone': [
    409,
    'The request with this Idempotency-Key was carried out; its answer was too large to be kept.',
  ],

  // GraphQL
  'graphql-invalid': [400, 'The query is not valid; the message says where.'],
  'graphql-too-deep': [400, 'The query has fields inside of fields more often than allowed.'],
  'graphql-too-costly': [400, 'The answer could have more values than allowed; ask for shorter lists.'],

  // Reports
  'range-invalid': [422, 'A range of days ends on or after its first day and is at most 400 days long.'],
  'emotion-prohibited': [
    403,
    'The policy that this institution works under does not allow reading emotions so.',
  ],
  'emotion-off': [403, 'The institution does not have emotions read, or not of single students.'],
  'emotion-consent-missing': [403, 'The student has not consented to having emotions read.'],
  'report-params-invalid': [422, 'The report cannot be made with these parameters; `details` says which.'],
  'report-too-large': [422, 'The report has more lines than a file may have; ask for fewer days.'],
  'report-not-found': [404, 'There is no such report.'],
  'report-not-ready': [409, 'The report is not ready, has failed or has expired; its status says which.'],
  'report-link-invalid': [403, 'The link has expired or was changed; ask for a new one.'],

  // Notifications and webhooks
  'notification-not-found': [404, 'There is no such notification.'],
  'notification-not-retryable': [
    409,
    'Only mails that failed or were dropped can be sent again, and none with a link that works once.',
  ],
  'mail-not-set-up': [409, 'No mail server is set: SMTP_URL and MAIL_FROM.'],
  'webhook-not-found': [404, 'There is no such webhook.'],
  'webhook-delivery-not-found': [404, 'There is no such delivery.'],
  'webhook-url-invalid': [422, 'The address of the webhook cannot be read.'],
  'webhook-url-scheme': [422, 'Webhooks go to https:// addresses only.'],
  'webhook-url-forbidden': [422, 'The address is not in a network that webhooks are allowed to go to.'],
  'webhook-host-unresolved': [422, 'The host name of the address has no address.'],
  'webhook-disabled': [409, 'The webhook is switched off.'],
  'too-many-webhooks': [409, 'The institution has as many webhooks as are allowed; remove one first.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type ErrorCode = keyof typeof ERRORS;

/** An answer that is not a success. `details` is part of the API: no secrets, no other tenant's data. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: Record<string, unknown> | undefined;
  /** Seconds, sent as Retry-After. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ErrorCode,
    options: {
      message?: string;
      details?: Record<string, unknown>;
      retryAfter?: number;
      cause?: unknown;
    } = {},
  ) {
    super(options.message ?? ERRORS[code][1], options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.status = ERRORS[code][0];
    this.details = options.details;
    this.retryAfter = options.retryAfter;
  }
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
