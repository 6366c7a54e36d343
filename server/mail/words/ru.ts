import type { StreamReason } from '../../../pipeline/messages.ts';
import type { Words } from '../words.ts';

const statuses = {
  present: 'присутствие',
  late: 'опоздание',
  excused: 'уважительная причина',
  absent: 'отсутствие',
};

export const ru: Words = {
  statuses,
  reasons: {
    starting: 'запускается',
    ok: 'в порядке',
    'wrong-credentials': 'неверное имя или пароль',
    forbidden: 'адрес не разрешён',
    refused: 'в соединении отказано',
    unreachable: 'камера недоступна',
    'not-found': 'по этому адресу нет потока',
    'no-video': 'в потоке нет видео',
    'unsupported-codec': 'формат видео не поддерживается',
    frozen: 'изображение застыло',
    disconnected: 'соединение прервано',
    corrupt: 'видео повреждено',
    'decoder-failed': 'видео не удалось декодировать',
    'end-of-file': 'видео закончилось',
    'worker-restarted': 'анализ видео перезапущен',
    'no-publisher': 'никто не передаёт видео',
    stopped: 'остановлена',
  },
  hello: (name) => `Здравствуйте, ${name}!`,
  footer: (institution) => `Это сообщение отправлено системой учёта посещаемости: ${institution}.`,
  unsubscribe: 'Больше не получать эти сообщения',
  unsubscribePage: {
    question: 'Вы больше не хотите получать эти сообщения по электронной почте?',
    button: 'Больше не получать',
    done: 'Готово: эти сообщения больше не будут приходить.',
    invalid: 'Эта ссылка недействительна. Воспользуйтесь ссылкой из последнего сообщения.',
  },
  messages: {
    invitation: ({ link, expiresAt }, format, { institution }) => ({
      subject: `Приглашение: ${institution}`,
      paragraphs: [
        `Для вас подготовлена учётная запись (${institution}). Чтобы начать работу, задайте пароль.`,
      ],
      action: { label: 'Принять приглашение', url: link },
      note: expiresAt
        ? `Ссылка действует один раз, срок: ${format.moment(expiresAt)}. Если вы не ждали приглашения, не обращайте на него внимания.`
        : 'Ссылка действует один раз. Если вы не ждали приглашения, не обращайте на него внимания.',
    }),
    'password-reset': ({ link, expiresAt }, format, { institution }) => ({
      subject: 'Задайте новый пароль',
      paragraphs: [`Для вашей учётной записи (${institution}) запрошен новый пароль.`],
      action: { label: 'Задать новый пароль', url: link },
      note: expiresAt
        ? `Ссылка действует один раз, срок: ${format.moment(expiresAt)}. Если это были не вы, ничего не делайте: пароль останется прежним.`
        : 'Ссылка действует один раз. Если это были не вы, ничего не делайте: пароль останется прежним.',
    }),
    attendance: ({ student, own, items }, format) => {
      const absent = items.some((item) => item.status === 'absent');
      const classes = format.count(items.length, {
        one: '# занятии',
        few: '# занятиях',
        many: '# занятиях',
        other: '# занятиях',
      });
      return {
        subject: `${absent ? 'Пропуск занятия' : 'Посещаемость'}: ${student}, ${format.list([...new Set(items.map((item) => item.course))])}`,
        paragraphs: [own ? `Отметки о вас на ${classes}:` : `Отметки на ${classes}, ${student}:`],
        facts: items.map((item) => [
          `${item.course}, ${format.moment(item.startsAt)}`,
          statuses[item.status],
        ]),
        note: 'Если это ошибка, сообщите преподавателю или оспорьте отметку в приложении.',
      };
    },
    'attendance-corrected': ({ student, own, items }, format) => ({
      subject: `Отметка исправлена: ${student}`,
      paragraphs: [
        own
          ? 'Отметка, о которой вам сообщали, исправлена.'
          : `Отметка, о которой вам сообщали, исправлена: ${student}.`,
      ],
      facts: items.map((item) => [
        `${item.course}, ${format.moment(item.startsAt)}`,
        `${statuses[item.status]} (раньше: ${statuses[item.before]})`,
      ]),
    }),
    'absence-warning': ({ student, reader, course, absences, threshold }, format) => {
      const missed = format.count(absences, {
        one: '# занятие',
        few: '# занятия',
        many: '# занятий',
        other: '# занятия',
      });
      return {
        subject: `Предупреждение о пропусках: ${reader === 'student' ? course : `${student}, ${course}`}`,
        paragraphs: [
          reader === 'student'
            ? `Вы пропустили ${missed} по предмету «${course}».`
            : `${student}: пропущено ${missed} по предмету «${course}».`,
          `Предупреждения отправляются начиная с ${format.count(threshold, { one: '# пропуска', few: '# пропусков', many: '# пропусков', other: '# пропуска' })}.`,
        ],
      };
    },
    'weekly-report': ({ from, until, courses, lookAfter }, format, { url }) => ({
      subject: `Посещаемость за неделю, ${format.day(from)} – ${format.day(until)}`,
      paragraphs: [
        format.count(
          courses.reduce((sum, course) => sum + course.sessions, 0),
          {
            one: 'На этой неделе по вашим предметам прошло # занятие.',
            few: 'На этой неделе по вашим предметам прошло # занятия.',
            many: 'На этой неделе по вашим предметам прошло # занятий.',
            other: 'На этой неделе по вашим предметам прошло # занятия.',
          },
        ),
      ],
      tables: [
        {
          caption: 'Посещаемость по предметам',
          head: [
            'Предмет',
            'Занятия',
            'Присутствие',
            'Опоздания',
            'Уваж. причина',
            'Отсутствие',
            'Посещаемость',
            'Изменение, п. п.',
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
                caption: 'Учащиеся с большим числом пропусков',
                head: ['Учащийся', 'Предмет', 'Пропуски', 'Подряд'],
                rows: lookAfter.map((row) => [
                  row.student,
                  row.course,
                  format.number(row.absences),
                  format.number(row.streak),
                ]),
              },
            ]),
      ],
      action: { label: 'Открыть приложение', url },
    }),
    'daily-report': (data, format, { url, institution }) => ({
      subject: `Посещаемость за ${format.day(data.day)}: ${format.percent(data.rate)}`,
      paragraphs: [
        format.count(data.sessions, {
          one: `${institution}: сегодня прошло # занятие.`,
          few: `${institution}: сегодня прошло # занятия.`,
          many: `${institution}: сегодня прошло # занятий.`,
          other: `${institution}: сегодня прошло # занятия.`,
        }),
      ],
      facts: [
        ['Посещаемость', format.percent(data.rate)],
        ['Присутствие', format.number(data.present)],
        ['Опоздания', format.number(data.late)],
        ['Уважительная причина', format.number(data.excused)],
        ['Отсутствие', format.number(data.absent)],
        ['Объяснения на рассмотрении', format.number(data.openExcuses)],
        ['Оспоренные отметки на рассмотрении', format.number(data.openContests)],
        ['Камеры без изображения', format.number(data.camerasDown)],
      ],
      action: { label: 'Открыть приложение', url },
    }),
    'camera-down': ({ camera, course, reason, since }, format, { url }) => ({
      subject: `Нет изображения с камеры: ${camera}`,
      paragraphs: [
        course
          ? `Камера ${camera} не даёт изображения на занятии «${course}». Пока её нет, она никого не распознаёт.`
          : `Камера ${camera} не даёт изображения. Пока её нет, она никого не распознаёт.`,
      ],
      facts: [
        ['С какого времени', format.moment(since)],
        ['Причина', ru.reasons[reason as StreamReason] ?? reason],
      ],
      action: { label: 'Открыть приложение', url },
    }),
    'camera-up': ({ camera, course }) => ({
      subject: `Камера снова работает: ${camera}`,
      paragraphs: [
        course
          ? `Камера ${camera} снова даёт изображение на занятии «${course}».`
          : `Камера ${camera} снова даёт изображение.`,
      ],
    }),
    'excuse-opened': ({ student, from, until }, format, { url }) => ({
      subject: `Объяснение на рассмотрении: ${student}`,
      paragraphs: [`${student}: подано объяснение причины отсутствия.`],
      facts: [
        ['С', format.moment(from)],
        ['По', format.moment(until)],
      ],
      action: { label: 'Открыть приложение', url },
    }),
    'excuse-decided': ({ student, own, from, until, accepted }, format, { url }) => ({
      subject: accepted ? 'Объяснение принято' : 'Объяснение отклонено',
      paragraphs: [
        own
          ? `Ваше объяснение ${accepted ? 'принято' : 'отклонено'}.`
          : `${student}: объяснение ${accepted ? 'принято' : 'отклонено'}.`,
      ],
      facts: [
        ['С', format.moment(from)],
        ['По', format.moment(until)],
      ],
      action: { label: 'Открыть приложение', url },
    }),
    'contest-opened': ({ student, course, startsAt }, format, { url }) => ({
      subject: `Оспорена отметка: ${student}, ${course}`,
      paragraphs: [`${student} считает отметку ошибочной.`],
      facts: [['Занятие', `${course}, ${format.moment(startsAt)}`]],
      action: { label: 'Открыть приложение', url },
    }),
    'contest-decided': ({ course, startsAt, accepted }, format, { url }) => ({
      subject: `${accepted ? 'Отметка изменена' : 'Отметка оставлена'}: ${course}`,
      paragraphs: [
        accepted
          ? 'Вы оспорили отметку; с вами согласились.'
          : 'Вы оспорили отметку; решено оставить её без изменений.',
      ],
      facts: [['Занятие', `${course}, ${format.moment(startsAt)}`]],
      action: { label: 'Открыть приложение', url },
    }),
    'report-ready': ({ report, link }, _format, { url }) => ({
      subject: `Отчёт готов: ${report}`,
      paragraphs: [`Запрошенный вами отчёт ${report} готов.`],
      action: { label: 'Открыть отчёт', url: link ?? url },
    }),
    'webhook-disabled': ({ url: address, reason }, _format, { url }) => ({
      subject: 'Вебхук отключён',
      paragraphs: [
        'Доставка на адрес вебхука не удавалась в течение суток; он отключён. Включите его снова, когда получатель заработает.',
      ],
      facts: [
        ['Адрес', address],
        ['Причина', reason],
      ],
      action: { label: 'Открыть приложение', url },
    }),
    'mail-not-set-up': () => ({
      subject: 'Почта не настроена',
      paragraphs: [
        'Письма учащимся, родителям и сотрудникам не отправляются: почтовый сервер не настроен. Попросите администратора сервера задать SMTP_URL и MAIL_FROM.',
      ],
    }),
    'mail-test': ({ to }, _format, { institution }) => ({
      subject: `Проверка почты: ${institution}`,
      paragraphs: [`Почта работает: это письмо дошло на адрес ${to}.`],
    }),
  },
};
