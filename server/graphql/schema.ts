/**
 * What can be read over GraphQL. Emotion is left out altogether: an institution whose policy prohibits it has no field
 * of it anywhere, and the schema is the same for all. Nothing can be changed, so there is no type for mutations.
 */
export const SCHEMA = /* GraphQL */ `
  "A UUID."
  scalar Id
  "ISO 8601, in UTC."
  scalar Instant
  "A local day of the institution, YYYY-MM-DD."
  scalar Day

  enum AttendanceStatus { pending present late excused absent }
  enum AttendanceMethod { face qr manual import }
  enum SessionStatus { open closed }
  enum Band { low middle high }

  type Query {
    "The caller's own institution."
    institution: Institution!
    "Courses within the caller's reach, by code."
    courses(search: String, semester: String, skip: Int = 0, limit: Int = 20): CoursePage!
    course(id: Id!): Course
    "Students within the caller's reach, by name. Students see themselves."
    students(search: String, courseId: Id, skip: Int = 0, limit: Int = 20): StudentPage!
    student(id: Id!): Student
    "Class sessions, the newest first."
    sessions(courseId: Id, status: SessionStatus, from: Day, to: Day, skip: Int = 0, limit: Int = 20): SessionPage!
    session(id: Id!): Session
    "Attendance records, the newest day first."
    attendance(
      courseId: Id, studentId: Id, sessionId: Id, status: AttendanceStatus, from: Day, to: Day,
      skip: Int = 0, limit: Int = 20
    ): AttendancePage!
    "Records counted by status."
    attendanceStats(courseId: Id, studentId: Id, from: Day, to: Day): AttendanceCounts!
  }

  type Institution {
    id: Id!
    name: String!
    locale: String!
    timezone: String!
    "The jurisdiction's policy, fixed for the institution."
    policy: String!
  }

  type Course {
    id: Id!
    code: String!
    name: String!
    semester: String
    department: String
    "First seen later than this many minutes after the start: late."
    lateAfterMinutes: Int!
    minPresenceShare: Float!
    graceMinutes: Int!
    students(limit: Int = 50): [Student!]!
    sessions(limit: Int = 10, status: SessionStatus): [Session!]!
    stats(from: Day, to: Day): AttendanceCounts!
  }

  type Student {
    id: Id!
    number: String!
    name: String!
    department: String
    courses(limit: Int = 20): [Course!]!
    attendance(limit: Int = 20, courseId: Id, from: Day, to: Day): [AttendanceRecord!]!
    stats(courseId: Id, from: Day, to: Day): AttendanceCounts!
  }

  type Session {
    id: Id!
    course: Course!
    status: SessionStatus!
    day: Day!
    startsAt: Instant!
    endsAt: Instant
    openedAt: Instant!
    closedAt: Instant
    attendance(limit: Int = 50, status: AttendanceStatus): [AttendanceRecord!]!
    counts: AttendanceCounts!
    "Null for students. It says nothing without its coverage, and it is never an input to a grade."
    engagement: Engagement
  }

  type AttendanceRecord {
    id: Id!
    status: AttendanceStatus!
    method: AttendanceMethod
    "0 to 1; null where no machine decided."
    confidence: Float
    day: Day!
    firstSeenAt: Instant
    lastSeenAt: Instant
    secondsSeen: Float!
    note: String
    "Whether the status stands on a person's word."
    corrected: Boolean!
    version: Int!
    student: Student!
    session: Session!
  }

  type AttendanceCounts {
    total: Int!
    present: Int!
    late: Int!
    excused: Int!
    absent: Int!
    pending: Int!
    "Share of those who were there among all that are decided and not excused; null where there are none."
    rate: Float
  }

  type Engagement {
    "Coverage-weighted mean of the students' attention, 0 to 1; null where nobody could be judged."
    attention: Float
    coverage: Float!
    "Students who were seen."
    present: Int!
    band: Band
    students: [StudentEngagement!]!
  }

  type StudentEngagement {
    studentId: Id!
    attention: Float
    coverage: Float!
    presence: Float!
    band: Band
  }

  type CoursePage { total: Int! skip: Int! limit: Int! items: [Course!]! }
  type StudentPage { total: Int! skip: Int! limit: Int! items: [Student!]! }
  type SessionPage { total: Int! skip: Int! limit: Int! items: [Session!]! }
  type AttendancePage { total: Int! skip: Int! limit: Int! items: [AttendanceRecord!]! }
`;
