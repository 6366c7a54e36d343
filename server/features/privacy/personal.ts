/**
 * Where personal data of students are, table by table: what an export takes and what an erasure does. A test fails for a
 * table that has a column of a person and is not here.
 */
export interface PersonalTable {
  table: string;
  /** What an export says that this is. */
  title: string;
  /** Columns that hold the student's id. */
  student?: readonly string[];
  /** Columns that name the student in somebody else's row: emptied by an erasure. */
  mentions?: readonly string[];
  /** Columns that hold the id of the student's account. */
  user?: readonly string[];
  /** Not in an export: secrets of the account, and whose disclosure would harm others. */
  withheld?: readonly string[];
  /** Left out of exports; why. */
  notExported?: string;
  /** `delete`: the rows go. `cascade`: they go with the row named. `special`: see erasure.ts. `keep`: only ids stay; why. */
  erase: 'delete' | 'cascade' | 'special' | { keep: string };
}

/** In an order that foreign keys allow to delete in. */
export const PERSONAL: readonly PersonalTable[] = [
  {
    table: 'face_templates',
    title: 'What your face looks like to the recognition model, and pictures of faces',
    student: ['student_id'],
    erase: 'delete',
  },
  {
    table: 'face_proposals',
    title: 'Faces of a class photo that may be yours and that nobody has named yet',
    student: ['suggested_student_id'],
    erase: 'delete',
  },
  {
    table: 'review_items',
    title: 'Faces that were nearly taken for yours, and what a person decided',
    student: ['student_id'],
    mentions: ['decided_student_id'],
    erase: 'delete',
  },
  {
    table: 'engagement_samples',
    title: 'In how many frames of ten seconds you were seen, and attentive',
    student: ['student_id'],
    erase: 'delete',
  },
  {
    table: 'emotion_history',
    title: 'Means of what the emotion model said',
    student: ['student_id'],
    erase: 'delete',
  },
  { table: 'contests', title: 'Marks that you contested', student: ['student_id'], erase: 'delete' },
  {
    table: 'qr_scans',
    title: 'Scans of QR codes',
    student: ['student_id'],
    withheld: ['device_hash'],
    erase: 'delete',
  },
  { table: 'excuses', title: 'Excuses', student: ['student_id'], erase: 'delete' },
  {
    table: 'attendance_events',
    title: 'The ledger: what was seen and said about your attendance',
    student: ['student_id'],
    erase: 'delete',
  },
  {
    table: 'absence_tallies',
    title: 'How often you were absent from each course, and how often in a row',
    student: ['student_id'],
    erase: 'delete',
  },
  {
    table: 'student_weeks',
    title: 'How often you came and were absent in each week',
    student: ['student_id'],
    erase: 'delete',
  },
  {
    table: 'cameras',
    title: 'Your own cameras in remote classes',
    student: ['student_id'],
    withheld: ['url', 'credentials'],
    erase: 'delete',
  },
  { table: 'attendance_records', title: 'Attendance', student: ['student_id'], erase: 'delete' },
  { table: 'enrolments', title: 'Courses', student: ['student_id'], erase: 'delete' },
  { table: 'consents', title: 'What you agreed to, and when', student: ['student_id'], erase: 'delete' },
  {
    table: 'notifications',
    title: 'Messages to you',
    student: ['student_id'],
    user: ['user_id'],
    erase: 'delete',
  },
  {
    table: 'webhook_deliveries',
    title: 'What was told to other systems of the institution',
    student: ['student_id'],
    withheld: ['last_error'],
    erase: 'delete',
  },
  { table: 'import_lines', title: 'Lines of imported rosters', student: ['student_id'], erase: 'special' },
  {
    table: 'activation_codes',
    title: 'Codes for making an account',
    student: ['student_id'],
    withheld: ['code_hash', 'hint'],
    erase: 'delete',
  },
  {
    table: 'files',
    title: 'Documents; their contents are in the folder `documents`',
    student: ['student_id'],
    erase: 'special',
  },
  {
    table: 'refresh_tokens',
    title: 'Sign-ins',
    user: ['user_id'],
    withheld: ['token_hash', 'family_id'],
    erase: 'cascade',
  },
  {
    table: 'user_identities',
    title: 'Accounts at other providers that you sign in with',
    user: ['user_id'],
    erase: 'cascade',
  },
  {
    table: 'backup_codes',
    title: 'Backup codes of the second factor',
    user: ['user_id'],
    notExported: 'secrets of the account',
    erase: 'cascade',
  },
  {
    table: 'one_time_tokens',
    title: 'Links that were sent',
    user: ['user_id'],
    notExported: 'secrets of the account',
    erase: 'cascade',
  },
  {
    table: 'idempotency_keys',
    title: 'Answers kept for a repeated request, for a day',
    user: ['caller_id'],
    notExported: 'copies of answers that were given already',
    erase: 'delete',
  },
  {
    table: 'users',
    title: 'Your account',
    student: ['student_id'],
    user: ['id'],
    withheld: ['password_hash', 'totp_secret', 'totp_last_step'],
    erase: 'delete',
  },
  {
    table: 'audit_log',
    title: 'What you did, and who did something with your data',
    student: ['subject_id'],
    user: ['actor_id'],
    withheld: ['previous_hash', 'hash', 'origin_hash', 'origin_salt'],
    erase: { keep: 'ids only: address and device are blanked; the chain shows that nothing was removed' },
  },
  {
    table: 'erasure_receipts',
    title: 'Receipts of what was erased',
    student: ['student_id'],
    erase: { keep: 'the proof of the erasure: an id and counts' },
  },
  {
    table: 'students',
    title: 'What the institution keeps about you',
    student: ['id'],
    withheld: ['search_text'],
    erase: 'delete',
  },
];

/** Tables with personal columns that are nobody's among the students, or that an erasure handles in another way. */
export const NOT_STUDENTS: Readonly<Record<string, string>> = {
  teachers: 'people who teach; removed with `DELETE /teachers/{id}`',
  outbox: 'carried out within seconds; rows that speak of an erased student are removed',
  dead_letters: 'rows that speak of an erased student are removed',
  report_jobs: 'stored reports and exports of the institution are removed when a student is erased',
  oidc_states: 'nobody is known yet; gone within minutes',
  login_attempts: 'HMACs of what was typed; gone within a day',
};
