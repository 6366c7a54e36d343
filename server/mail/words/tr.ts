import type { StreamReason } from '../../../pipeline/messages.ts';
import type { Words } from '../words.ts';

const statuses = { present: 'geldi', late: 'geç kaldı', excused: 'izinli', absent: 'gelmedi' };

export const tr: Words = {
  statuses,
  reasons: {
    starting: 'başlıyor',
    ok: 'tamam',
    'wrong-credentials': 'kullanıcı adı veya parola yanlış',
    forbidden: 'adrese izin verilmiyor',
    refused: 'bağlantı reddedildi',
    unreachable: 'kameraya ulaşılamıyor',
    'not-found': 'adreste yayın yok',
    'no-video': 'yayında görüntü yok',
    'unsupported-codec': 'görüntü biçimi desteklenmiyor',
    frozen: 'görüntü donmuş',
    disconnected: 'bağlantı kesildi',
    corrupt: 'görüntü bozuk',
    'decoder-failed': 'görüntü çözülemedi',
    'end-of-file': 'görüntü bitti',
    'worker-restarted': 'görüntü çözümleme yeniden başlatıldı',
    'no-publisher': 'yayın yapan yok',
    stopped: 'durduruldu',
  },
  hello: (name) => `Sayın ${name},`,
  footer: (institution) => `Bu ileti ${institution} yoklama sistemi tarafından gönderildi.`,
  unsubscribe: 'Bu iletileri almak istemiyorum',
  unsubscribePage: {
    question: 'Bu iletileri e-postayla almayı bırakmak istiyor musunuz?',
    button: 'Almayı bırak',
    done: 'Tamam: bu iletiler size artık gönderilmeyecek.',
    invalid: 'Bu bağlantı geçerli değil. En son iletideki bağlantıyı kullanın.',
  },
  messages: {
    invitation: ({ link, expiresAt }, format, { institution }) => ({
      subject: `${institution} daveti`,
      paragraphs: [
        `${institution} sizin için bir hesap hazırladı. Kullanmaya başlamak için bir parola seçin.`,
      ],
      action: { label: 'Daveti kabul et', url: link },
      note: expiresAt
        ? `Bağlantı bir kez kullanılabilir; son kullanma: ${format.moment(expiresAt)}. Bu daveti beklemiyorsanız dikkate almayın.`
        : 'Bağlantı bir kez kullanılabilir. Bu daveti beklemiyorsanız dikkate almayın.',
    }),
    'password-reset': ({ link, expiresAt }, format, { institution }) => ({
      subject: 'Yeni parola seçin',
      paragraphs: [`${institution} hesabınız için yeni bir parola istendi.`],
      action: { label: 'Yeni parola seç', url: link },
      note: expiresAt
        ? `Bağlantı bir kez kullanılabilir; son kullanma: ${format.moment(expiresAt)}. İsteyen siz değilseniz bir şey yapmayın: parolanız değişmez.`
        : 'Bağlantı bir kez kullanılabilir. İsteyen siz değilseniz bir şey yapmayın: parolanız değişmez.',
    }),
    attendance: ({ student, own, items }, format) => {
      const absent = items.some((item) => item.status === 'absent');
      return {
        subject: `${absent ? 'Devamsızlık' : 'Yoklama'}: ${student}, ${format.list([...new Set(items.map((item) => item.course))])}`,
        paragraphs: [
          own
            ? format.count(items.length, {
                one: 'Yoklamanız aşağıdaki gibi kaydedildi.',
                other: '# dersteki yoklamanız aşağıdaki gibi kaydedildi.',
              })
            : format.count(items.length, {
                one: `${student} adlı öğrencinin yoklaması aşağıdaki gibi kaydedildi.`,
                other: `${student} adlı öğrencinin # dersteki yoklaması aşağıdaki gibi kaydedildi.`,
              }),
        ],
        facts: items.map((item) => [
          `${item.course}, ${format.moment(item.startsAt)}`,
          statuses[item.status],
        ]),
        note: 'Bir yanlışlık varsa öğretmene bildirin veya uygulamada kayda itiraz edin.',
      };
    },
    'attendance-corrected': ({ student, own, items }, format) => ({
      subject: `Yoklama düzeltildi: ${student}`,
      paragraphs: [
        own
          ? 'Size bildirilen bir yoklama kaydı düzeltildi.'
          : `${student} hakkında size bildirilen bir yoklama kaydı düzeltildi.`,
      ],
      facts: items.map((item) => [
        `${item.course}, ${format.moment(item.startsAt)}`,
        `${statuses[item.status]} (önce: ${statuses[item.before]})`,
      ]),
    }),
    'absence-warning': ({ student, reader, course, absences, threshold }, format) => ({
      subject: `Devamsızlık uyarısı: ${reader === 'student' ? course : `${student}, ${course}`}`,
      paragraphs: [
        reader === 'student'
          ? `${course} dersinde ${format.number(absences)} kez devamsızlık yaptınız.`
          : `${student}, ${course} dersinde ${format.number(absences)} kez devamsızlık yaptı.`,
        `Kurum, ${format.number(threshold)} devamsızlıktan itibaren uyarır.`,
      ],
    }),
    'weekly-report': ({ from, until, courses, lookAfter }, format, { url }) => ({
      subject: `Haftalık yoklama raporu, ${format.day(from)} – ${format.day(until)}`,
      paragraphs: [
        `Bu hafta derslerinizde ${format.number(courses.reduce((sum, course) => sum + course.sessions, 0))} oturum yapıldı.`,
      ],
      tables: [
        {
          caption: 'Derslere göre yoklama',
          head: ['Ders', 'Oturum', 'Geldi', 'Geç', 'İzinli', 'Gelmedi', 'Katılım', 'Değişim, puan'],
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
                caption: 'Devamsızlığı çok olan öğrenciler',
                head: ['Öğrenci', 'Ders', 'Devamsızlık', 'Üst üste'],
                rows: lookAfter.map((row) => [
                  row.student,
                  row.course,
                  format.number(row.absences),
                  format.number(row.streak),
                ]),
              },
            ]),
      ],
      action: { label: 'Uygulamayı aç', url },
    }),
    'daily-report': (data, format, { url, institution }) => ({
      subject: `${format.day(data.day)} yoklaması: ${format.percent(data.rate)}`,
      paragraphs: [`Bugün ${institution} bünyesinde ${format.number(data.sessions)} oturum yapıldı.`],
      facts: [
        ['Katılım', format.percent(data.rate)],
        ['Geldi', format.number(data.present)],
        ['Geç kaldı', format.number(data.late)],
        ['İzinli', format.number(data.excused)],
        ['Gelmedi', format.number(data.absent)],
        ['Karar bekleyen mazeret', format.number(data.openExcuses)],
        ['Karar bekleyen itiraz', format.number(data.openContests)],
        ['Görüntü vermeyen kamera', format.number(data.camerasDown)],
      ],
      action: { label: 'Uygulamayı aç', url },
    }),
    'camera-down': ({ camera, course, reason, since }, format, { url }) => ({
      subject: `Kamera görüntü vermiyor: ${camera}`,
      paragraphs: [
        course
          ? `${camera} kamerası ${course} dersinde görüntü vermiyor. Geri gelene kadar kimse onunla tanınmaz.`
          : `${camera} kamerası görüntü vermiyor. Geri gelene kadar kimse onunla tanınmaz.`,
      ],
      facts: [
        ['Ne zamandan beri', format.moment(since)],
        ['Neden', tr.reasons[reason as StreamReason] ?? reason],
      ],
      action: { label: 'Uygulamayı aç', url },
    }),
    'camera-up': ({ camera, course }) => ({
      subject: `Kamera geri geldi: ${camera}`,
      paragraphs: [
        course
          ? `${camera} kamerası ${course} dersinde yeniden görüntü veriyor.`
          : `${camera} kamerası yeniden görüntü veriyor.`,
      ],
    }),
    'excuse-opened': ({ student, from, until }, format, { url }) => ({
      subject: `Karar bekleyen mazeret: ${student}`,
      paragraphs: [`${student} bir mazeret bildirdi.`],
      facts: [
        ['Başlangıç', format.moment(from)],
        ['Bitiş', format.moment(until)],
      ],
      action: { label: 'Uygulamayı aç', url },
    }),
    'excuse-decided': ({ student, own, from, until, accepted }, format, { url }) => ({
      subject: accepted ? 'Mazeret kabul edildi' : 'Mazeret reddedildi',
      paragraphs: [
        own
          ? `Mazeretiniz ${accepted ? 'kabul edildi' : 'reddedildi'}.`
          : `${student} adlı öğrencinin mazereti ${accepted ? 'kabul edildi' : 'reddedildi'}.`,
      ],
      facts: [
        ['Başlangıç', format.moment(from)],
        ['Bitiş', format.moment(until)],
      ],
      action: { label: 'Uygulamayı aç', url },
    }),
    'contest-opened': ({ student, course, startsAt }, format, { url }) => ({
      subject: `Yoklamaya itiraz: ${student}, ${course}`,
      paragraphs: [`${student} bir yoklama kaydının yanlış olduğunu söylüyor.`],
      facts: [['Oturum', `${course}, ${format.moment(startsAt)}`]],
      action: { label: 'Uygulamayı aç', url },
    }),
    'contest-decided': ({ course, startsAt, accepted }, format, { url }) => ({
      subject: `İtiraz ${accepted ? 'kabul edildi' : 'reddedildi'}: ${course}`,
      paragraphs: [
        accepted
          ? 'Bir yoklama kaydına itiraz etmiştiniz; haklı bulundunuz.'
          : 'Bir yoklama kaydına itiraz etmiştiniz; kaydın olduğu gibi kalmasına karar verildi.',
      ],
      facts: [['Oturum', `${course}, ${format.moment(startsAt)}`]],
      action: { label: 'Uygulamayı aç', url },
    }),
    'report-ready': ({ report, link }, _format, { url }) => ({
      subject: `Rapor hazır: ${report}`,
      paragraphs: [`İstediğiniz ${report} raporu hazır.`],
      action: { label: 'Raporu aç', url: link ?? url },
    }),
    'webhook-disabled': ({ url: address, reason }, _format, { url }) => ({
      subject: 'Bir webhook kapatıldı',
      paragraphs: [
        'Bir webhook adresine gönderimler bir gün boyunca başarısız oldu; webhook kapatıldı. Alıcı çalışınca yeniden açın.',
      ],
      facts: [
        ['Adres', address],
        ['Neden', reason],
      ],
      action: { label: 'Uygulamayı aç', url },
    }),
    'mail-not-set-up': () => ({
      subject: 'E-posta ayarlanmamış',
      paragraphs: [
        'Posta sunucusu ayarlanmadığı için öğrencilere, velilere ve çalışanlara e-posta gönderilmiyor. Sunucuyu yöneten kişiden SMTP_URL ve MAIL_FROM ayarlarını yapmasını isteyin.',
      ],
    }),
    'mail-test': ({ to }, _format, { institution }) => ({
      subject: `${institution} e-posta denemesi`,
      paragraphs: [`E-posta çalışıyor: bu ileti ${to} adresine ulaştı.`],
    }),
  },
};
