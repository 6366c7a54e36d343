import type { StreamReason } from '../../../pipeline/messages.ts';
import type { Words } from '../words.ts';

const statuses = { present: 'present', late: 'late', excused: 'excused', absent: 'absent' };

export const en: Words = {
  statuses,
  reasons: {
    starting: 'starting',
    ok: 'ok',
    'wrong-credentials': 'wrong user name or password',
    forbidden: 'the address is not allowed',
    refused: 'the connection was refused',
    unreachable: 'it cannot be reached',
    'not-found': 'there is no stream at the address',
    'no-video': 'no video in the stream',
    'unsupported-codec': 'the video format is not supported',
    frozen: 'the picture stands still',
    disconnected: 'the connection was cut',
    corrupt: 'the video is damaged',
    'decoder-failed': 'the video could not be decoded',
    'end-of-file': 'the video has ended',
    'worker-restarted': 'video analysis was restarted',
    'no-publisher': 'nobody publishes',
    stopped: 'stopped',
  },
  hello: (name) => `Dear ${name},`,
  footer: (institution) => `This message was sent by the attendance system of ${institution}.`,
  unsubscribe: 'Stop receiving these messages',
  unsubscribePage: {
    question: 'Do you want to stop receiving these messages by e-mail?',
    button: 'Stop receiving them',
    done: 'Done: you will not receive these messages any more.',
    invalid: 'This link is not valid. Use the link of the latest message.',
  },
  messages: {
    invitation: ({ link, expiresAt }, format, { institution }) => ({
      subject: `Invitation to ${institution}`,
      paragraphs: [
        `An account has been prepared for you at ${institution}. Choose a password to start using it.`,
      ],
      action: { label: 'Accept the invitation', url: link },
      note: expiresAt
        ? `The link works once, until ${format.moment(expiresAt)}. If you did not expect this invitation, ignore it.`
        : 'The link works once. If you did not expect this invitation, ignore it.',
    }),
    'password-reset': ({ link, expiresAt }, format, { institution }) => ({
      subject: 'Choose a new password',
      paragraphs: [`Somebody asked for a new password for your account at ${institution}.`],
      action: { label: 'Choose a new password', url: link },
      note: expiresAt
        ? `The link works once, until ${format.moment(expiresAt)}. If it was not you, do nothing: your password stays as it is.`
        : 'The link works once. If it was not you, do nothing: your password stays as it is.',
    }),
    attendance: ({ student, own, items }, format) => {
      const absent = items.some((item) => item.status === 'absent');
      return {
        subject: `${absent ? 'Absence' : 'Attendance'}: ${student}, ${format.list([...new Set(items.map((item) => item.course))])}`,
        paragraphs: [
          own
            ? format.count(items.length, {
                one: 'Your attendance was recorded as follows.',
                other: 'Your attendance in # classes was recorded as follows.',
              })
            : format.count(items.length, {
                one: `The attendance of ${student} was recorded as follows.`,
                other: `The attendance of ${student} in # classes was recorded as follows.`,
              }),
        ],
        facts: items.map((item) => [
          `${item.course}, ${format.moment(item.startsAt)}`,
          statuses[item.status],
        ]),
        note: 'If this is not right, tell the teacher, or contest the mark in the application.',
      };
    },
    'attendance-corrected': ({ student, own, items }, format) => ({
      subject: `Attendance corrected: ${student}`,
      paragraphs: [
        own
          ? 'A mark that you were told about has been corrected.'
          : `A mark of ${student} that you were told about has been corrected.`,
      ],
      facts: items.map((item) => [
        `${item.course}, ${format.moment(item.startsAt)}`,
        `${statuses[item.status]} (before: ${statuses[item.before]})`,
      ]),
    }),
    'absence-warning': ({ student, reader, course, absences, threshold }, format) => {
      const times = format.count(absences, { one: '# class', other: '# classes' });
      return {
        subject: `Absence warning: ${reader === 'student' ? course : `${student}, ${course}`}`,
        paragraphs: [
          reader === 'student'
            ? `You have missed ${times} of ${course}.`
            : `${student} has missed ${times} of ${course}.`,
          `The institution warns from ${format.count(threshold, { one: '# absence', other: '# absences' })} on.`,
        ],
      };
    },
    'weekly-report': ({ from, until, courses, lookAfter }, format, { url }) => ({
      subject: `Weekly attendance report, ${format.day(from)} – ${format.day(until)}`,
      paragraphs: [
        format.count(
          courses.reduce((sum, course) => sum + course.sessions, 0),
          {
            one: 'Your courses had # class this week.',
            other: 'Your courses had # classes this week.',
          },
        ),
      ],
      tables: [
        {
          caption: 'Attendance by course',
          head: ['Course', 'Classes', 'Present', 'Late', 'Excused', 'Absent', 'Attendance', 'Change, points'],
          rows: courses.map((row) => [
            row.course,
            ...[row.sessions, row.present, row.late, row.excused, row.absent].map(format.number),
            format.percent(row.rate),
            format.points(row.trend),
          ]),
        },
        ...(lookAfter.length === 0
          ? []
          : [
              {
                caption: 'Students with many absences',
                head: ['Student', 'Course', 'Absences', 'In a row'],
                rows: lookAfter.map((row) => [
                  row.student,
                  row.course,
                  format.number(row.absences),
                  format.number(row.streak),
                ]),
              },
            ]),
      ],
      action: { label: 'Open the application', url },
    }),
    'daily-report': (data, format, { url, institution }) => ({
      subject: `Attendance of ${format.day(data.day)}: ${format.percent(data.rate)}`,
      paragraphs: [
        format.count(data.sessions, {
          one: `There was # class at ${institution} today.`,
          other: `There were # classes at ${institution} today.`,
        }),
      ],
      facts: [
        ['Attendance', format.percent(data.rate)],
        ['Present', format.number(data.present)],
        ['Late', format.number(data.late)],
        ['Excused', format.number(data.excused)],
        ['Absent', format.number(data.absent)],
        ['Excuses to decide', format.number(data.openExcuses)],
        ['Contested marks to decide', format.number(data.openContests)],
        ['Cameras without picture', format.number(data.camerasDown)],
      ],
      action: { label: 'Open the application', url },
    }),
    'camera-down': ({ camera, course, reason, since }, format, { url }) => ({
      subject: `Camera without picture: ${camera}`,
      paragraphs: [
        course
          ? `The camera ${camera} gives no picture in the class of ${course}. Nobody is recognised by it until it is back.`
          : `The camera ${camera} gives no picture. Nobody is recognised by it until it is back.`,
      ],
      facts: [
        ['Since', format.moment(since)],
        ['Reason', en.reasons[reason as StreamReason] ?? reason],
      ],
      action: { label: 'Open the application', url },
    }),
    'camera-up': ({ camera, course }) => ({
      subject: `Camera is back: ${camera}`,
      paragraphs: [
        course
          ? `The camera ${camera} gives a picture again in the class of ${course}.`
          : `The camera ${camera} gives a picture again.`,
      ],
    }),
    'excuse-opened': ({ student, from, until }, format, { url }) => ({
      subject: `Excuse to decide: ${student}`,
      paragraphs: [`${student} has handed in an excuse.`],
      facts: [
        ['From', format.moment(from)],
        ['Until', format.moment(until)],
      ],
      action: { label: 'Open the application', url },
    }),
    'excuse-decided': ({ student, own, from, until, accepted }, format, { url }) => ({
      subject: accepted ? 'Excuse accepted' : 'Excuse refused',
      paragraphs: [
        own
          ? `Your excuse was ${accepted ? 'accepted' : 'refused'}.`
          : `The excuse of ${student} was ${accepted ? 'accepted' : 'refused'}.`,
      ],
      facts: [
        ['From', format.moment(from)],
        ['Until', format.moment(until)],
      ],
      action: { label: 'Open the application', url },
    }),
    'contest-opened': ({ student, course, startsAt }, format, { url }) => ({
      subject: `Contested mark: ${student}, ${course}`,
      paragraphs: [`${student} says that a mark is wrong.`],
      facts: [['Class', `${course}, ${format.moment(startsAt)}`]],
      action: { label: 'Open the application', url },
    }),
    'contest-decided': ({ course, startsAt, accepted }, format, { url }) => ({
      subject: `Contested mark ${accepted ? 'accepted' : 'refused'}: ${course}`,
      paragraphs: [
        accepted
          ? 'You contested a mark; the staff agreed with you.'
          : 'You contested a mark; the staff decided that it stays as it is.',
      ],
      facts: [['Class', `${course}, ${format.moment(startsAt)}`]],
      action: { label: 'Open the application', url },
    }),
    'report-ready': ({ report, link }, _format, { url }) => ({
      subject: `Report ready: ${report}`,
      paragraphs: [`The report ${report} that you asked for is ready.`],
      action: { label: 'Open the report', url: link ?? url },
    }),
    'webhook-disabled': ({ url: address, reason }, _format, { url }) => ({
      subject: 'A webhook was switched off',
      paragraphs: [
        'Deliveries to a webhook failed for a day; it was switched off. Switch it on again when its receiver works.',
      ],
      facts: [
        ['Address', address],
        ['Reason', reason],
      ],
      action: { label: 'Open the application', url },
    }),
    'mail-not-set-up': () => ({
      subject: 'Mail is not set up',
      paragraphs: [
        'Mails to students, guardians and staff are not being sent, because no mail server is configured. Ask whoever runs the server to set SMTP_URL and MAIL_FROM.',
      ],
    }),
    'mail-test': ({ to }, _format, { institution }) => ({
      subject: `Test of mail from ${institution}`,
      paragraphs: [`Mail works: this one reached ${to}.`],
    }),
  },
};
