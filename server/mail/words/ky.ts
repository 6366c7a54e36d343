import type { StreamReason } from '../../../pipeline/messages.ts';
import type { Words } from '../words.ts';

const statuses = { present: 'катышты', late: 'кечикти', excused: 'себептүү', absent: 'келген жок' };

export const ky: Words = {
  statuses,
  reasons: {
    starting: 'башталууда',
    ok: 'баары жайында',
    'wrong-credentials': 'колдонуучу аты же сырсөз туура эмес',
    forbidden: 'дарекке уруксат жок',
    refused: 'байланыш четке кагылды',
    unreachable: 'камерага жетүүгө мүмкүн эмес',
    'not-found': 'бул даректе агым жок',
    'no-video': 'агымда видео жок',
    'unsupported-codec': 'видео форматы колдоого алынбайт',
    frozen: 'сүрөт катып калды',
    disconnected: 'байланыш үзүлдү',
    corrupt: 'видео бузулган',
    'decoder-failed': 'видео окулган жок',
    'end-of-file': 'видео бүттү',
    'worker-restarted': 'видео анализи кайра башталды',
    'no-publisher': 'эч ким видео бербей жатат',
    stopped: 'токтотулду',
  },
  hello: (name) => `Урматтуу ${name},`,
  footer: (institution) => `Бул билдирүүнү ${institution} катышууну эсепке алуу системасы жөнөттү.`,
  unsubscribe: 'Бул билдирүүлөрдү мындан ары албоо',
  unsubscribePage: {
    question: 'Бул билдирүүлөрдү электрондук почта аркылуу алууну токтотосузбу?',
    button: 'Алууну токтотуу',
    done: 'Даяр: бул билдирүүлөр сизге мындан ары жөнөтүлбөйт.',
    invalid: 'Бул шилтеме жараксыз. Акыркы билдирүүдөгү шилтемени колдонуңуз.',
  },
  messages: {
    invitation: ({ link, expiresAt }, format, { institution }) => ({
      subject: `Чакыруу: ${institution}`,
      paragraphs: [`${institution} сиз үчүн аккаунт даярдады. Колдонууну баштоо үчүн сырсөз тандаңыз.`],
      action: { label: 'Чакырууну кабыл алуу', url: link },
      note: expiresAt
        ? `Шилтеме бир жолу гана иштейт, мөөнөтү: ${format.moment(expiresAt)}. Эгер чакырууну күтпөсөңүз, көңүл бурбаңыз.`
        : 'Шилтеме бир жолу гана иштейт. Эгер чакырууну күтпөсөңүз, көңүл бурбаңыз.',
    }),
    'password-reset': ({ link, expiresAt }, format, { institution }) => ({
      subject: 'Жаңы сырсөз тандаңыз',
      paragraphs: [`Сиздин аккаунтуңуз үчүн (${institution}) жаңы сырсөз суралды.`],
      action: { label: 'Жаңы сырсөз тандоо', url: link },
      note: expiresAt
        ? `Шилтеме бир жолу гана иштейт, мөөнөтү: ${format.moment(expiresAt)}. Эгер сураган сиз болбосоңуз, эч нерсе кылбаңыз: сырсөзүңүз өзгөрбөйт.`
        : 'Шилтеме бир жолу гана иштейт. Эгер сураган сиз болбосоңуз, эч нерсе кылбаңыз: сырсөзүңүз өзгөрбөйт.',
    }),
    attendance: ({ student, own, items }, format) => {
      const absent = items.some((item) => item.status === 'absent');
      const classes = format.number(items.length);
      return {
        subject: `${absent ? 'Сабакка келбөө' : 'Катышуу'}: ${student}, ${format.list([...new Set(items.map((item) => item.course))])}`,
        paragraphs: [
          own
            ? `${classes} сабакка катышууңуз мындайча белгиленди:`
            : `${student}: ${classes} сабакка катышуусу мындайча белгиленди:`,
        ],
        facts: items.map((item) => [
          `${item.course}, ${format.moment(item.startsAt)}`,
          statuses[item.status],
        ]),
        note: 'Эгер бул туура эмес болсо, мугалимге айтыңыз же колдонмодо белгиге каршы пикир билдириңиз.',
      };
    },
    'attendance-corrected': ({ student, own, items }, format) => ({
      subject: `Катышуу белгиси оңдолду: ${student}`,
      paragraphs: [
        own ? 'Сизге билдирилген белги оңдолду.' : `${student} тууралуу сизге билдирилген белги оңдолду.`,
      ],
      facts: items.map((item) => [
        `${item.course}, ${format.moment(item.startsAt)}`,
        `${statuses[item.status]} (мурда: ${statuses[item.before]})`,
      ]),
    }),
    'absence-warning': ({ student, reader, course, absences, threshold }, format) => ({
      subject: `Сабак калтыруу боюнча эскертүү: ${reader === 'student' ? course : `${student}, ${course}`}`,
      paragraphs: [
        reader === 'student'
          ? `Сиз «${course}» предметинен ${format.number(absences)} сабак калтырдыңыз.`
          : `${student} «${course}» предметинен ${format.number(absences)} сабак калтырды.`,
        `Мекеме ${format.number(threshold)} калтыруудан баштап эскертет.`,
      ],
    }),
    'weekly-report': ({ from, until, courses, lookAfter }, format, { url }) => ({
      subject: `Жумалык катышуу отчёту, ${format.day(from)} – ${format.day(until)}`,
      paragraphs: [
        `Бул жумада предметтериңиз боюнча ${format.number(courses.reduce((sum, course) => sum + course.sessions, 0))} сабак өттү.`,
      ],
      tables: [
        {
          caption: 'Предметтер боюнча катышуу',
          head: [
            'Предмет',
            'Сабактар',
            'Катышты',
            'Кечикти',
            'Себептүү',
            'Келген жок',
            'Катышуу',
            'Өзгөрүү, пункт',
          ],
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
                caption: 'Көп сабак калтырган окуучулар',
                head: ['Окуучу', 'Предмет', 'Калтыруулар', 'Катары менен'],
                rows: lookAfter.map((row) => [
                  row.student,
                  row.course,
                  format.number(row.absences),
                  format.number(row.streak),
                ]),
              },
            ]),
      ],
      action: { label: 'Колдонмону ачуу', url },
    }),
    'daily-report': (data, format, { url, institution }) => ({
      subject: `Катышуу, ${format.day(data.day)}: ${format.percent(data.rate)}`,
      paragraphs: [`${institution}: бүгүн ${format.number(data.sessions)} сабак өттү.`],
      facts: [
        ['Катышуу', format.percent(data.rate)],
        ['Катышты', format.number(data.present)],
        ['Кечикти', format.number(data.late)],
        ['Себептүү', format.number(data.excused)],
        ['Келген жок', format.number(data.absent)],
        ['Чечим күткөн себептер', format.number(data.openExcuses)],
        ['Чечим күткөн каршы пикирлер', format.number(data.openContests)],
        ['Сүрөт бербеген камералар', format.number(data.camerasDown)],
      ],
      action: { label: 'Колдонмону ачуу', url },
    }),
    'camera-down': ({ camera, course, reason, since }, format, { url }) => ({
      subject: `Камера сүрөт бербей жатат: ${camera}`,
      paragraphs: [
        course
          ? `${camera} камерасы «${course}» сабагында сүрөт бербей жатат. Кайра иштегенче ал эч кимди тааныбайт.`
          : `${camera} камерасы сүрөт бербей жатат. Кайра иштегенче ал эч кимди тааныбайт.`,
      ],
      facts: [
        ['Качантан бери', format.moment(since)],
        ['Себеби', ky.reasons[reason as StreamReason] ?? reason],
      ],
      action: { label: 'Колдонмону ачуу', url },
    }),
    'camera-up': ({ camera, course }) => ({
      subject: `Камера кайра иштеп жатат: ${camera}`,
      paragraphs: [
        course
          ? `${camera} камерасы «${course}» сабагында кайра сүрөт берип жатат.`
          : `${camera} камерасы кайра сүрөт берип жатат.`,
      ],
    }),
    'excuse-opened': ({ student, from, until }, format, { url }) => ({
      subject: `Чечим күткөн себеп: ${student}`,
      paragraphs: [`${student} келбегендигинин себебин билдирди.`],
      facts: [
        ['Башталышы', format.moment(from)],
        ['Аягы', format.moment(until)],
      ],
      action: { label: 'Колдонмону ачуу', url },
    }),
    'excuse-decided': ({ student, own, from, until, accepted }, format, { url }) => ({
      subject: accepted ? 'Себеп кабыл алынды' : 'Себеп четке кагылды',
      paragraphs: [
        own
          ? `Сиз билдирген себеп ${accepted ? 'кабыл алынды' : 'четке кагылды'}.`
          : `${student} билдирген себеп ${accepted ? 'кабыл алынды' : 'четке кагылды'}.`,
      ],
      facts: [
        ['Башталышы', format.moment(from)],
        ['Аягы', format.moment(until)],
      ],
      action: { label: 'Колдонмону ачуу', url },
    }),
    'contest-opened': ({ student, course, startsAt }, format, { url }) => ({
      subject: `Белгиге каршы пикир: ${student}, ${course}`,
      paragraphs: [`${student} белгини туура эмес деп эсептейт.`],
      facts: [['Сабак', `${course}, ${format.moment(startsAt)}`]],
      action: { label: 'Колдонмону ачуу', url },
    }),
    'contest-decided': ({ course, startsAt, accepted }, format, { url }) => ({
      subject: `Каршы пикир ${accepted ? 'кабыл алынды' : 'четке кагылды'}: ${course}`,
      paragraphs: [
        accepted
          ? 'Сиз белгиге каршы пикир билдиргенсиз; сиз менен макул болушту.'
          : 'Сиз белгиге каршы пикир билдиргенсиз; белги өзгөрүүсүз калды.',
      ],
      facts: [['Сабак', `${course}, ${format.moment(startsAt)}`]],
      action: { label: 'Колдонмону ачуу', url },
    }),
    'report-ready': ({ report, link }, _format, { url }) => ({
      subject: `Отчёт даяр: ${report}`,
      paragraphs: [`Сиз сураган ${report} отчёту даяр.`],
      action: { label: 'Отчётту ачуу', url: link ?? url },
    }),
    'webhook-disabled': ({ url: address, reason }, _format, { url }) => ({
      subject: 'Вебхук өчүрүлдү',
      paragraphs: [
        'Вебхук дарегине жеткирүү бир сутка бою ишке ашкан жок; ал өчүрүлдү. Кабыл алуучу иштегенде кайра күйгүзүңүз.',
      ],
      facts: [
        ['Дареги', address],
        ['Себеби', reason],
      ],
      action: { label: 'Колдонмону ачуу', url },
    }),
    'mail-not-set-up': () => ({
      subject: 'Почта жөндөлгөн эмес',
      paragraphs: [
        'Почта сервери жөндөлбөгөндүктөн окуучуларга, ата-энелерге жана кызматкерлерге кат жөнөтүлбөйт. Серверди башкарган адамдан SMTP_URL жана MAIL_FROM жөндөөлөрүн коюуну сураныңыз.',
      ],
    }),
    'mail-test': ({ to }, _format, { institution }) => ({
      subject: `Почтаны текшерүү: ${institution}`,
      paragraphs: [`Почта иштейт: бул кат ${to} дарегине жетти.`],
    }),
  },
};
