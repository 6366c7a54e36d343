import type { ReportLocale } from './document.ts';

/** What reports say, in four languages. Kyrgyz and Russian are Cyrillic, Turkish has letters of its own: see the fonts. */
export interface Words {
  titles: Record<ReportName, string>;
  sections: Record<
    | 'summary'
    | 'days'
    | 'courses'
    | 'departments'
    | 'students'
    | 'teachers'
    | 'sessions'
    | 'absences'
    | 'recent'
    | 'records'
    | 'accuracy'
    | 'engagement'
    | 'emotions',
    string
  >;
  columns: Record<ColumnName, string>;
  statuses: Record<'present' | 'late' | 'excused' | 'absent' | 'pending', string>;
  methods: Record<'face' | 'qr' | 'manual' | 'import', string>;
  bands: Record<'low' | 'middle' | 'high', string>;
  accuracy: Record<AccuracyName, string>;
  emotions: Record<'neutral' | 'happy' | 'sad' | 'angry' | 'fearful' | 'disgusted' | 'surprised', string>;
  total: string;
  rateByDay: string;
  rateByCourse: string;
  trend: string;
  before: string;
  generated: string;
  /** `{page}` and `{pages}` stand for numbers. */
  page: string;
  none: string;
  yes: string;
  rateNote: string;
  absenceNote: string;
  /** In the place of the days. */
  allMeetings: string;
  accuracyNote: string;
  engagementNote: string;
  emotionNote: string;
}

export const REPORT_NAMES = [
  'attendance-daily',
  'attendance-weekly',
  'attendance-monthly',
  'courses',
  'students',
  'teachers',
  'departments',
  'course',
  'student',
  'teacher',
  'department',
  'absences',
  'accuracy',
  'records',
  'engagement-course',
  'emotions-course',
  'emotions-student',
] as const;
export type ReportName = (typeof REPORT_NAMES)[number];

type ColumnName =
  | 'day'
  | 'start'
  | 'code'
  | 'course'
  | 'number'
  | 'name'
  | 'title'
  | 'department'
  | 'sessions'
  | 'students'
  | 'rate'
  | 'trend'
  | 'status'
  | 'method'
  | 'firstSeen'
  | 'note'
  | 'absences'
  | 'currentStreak'
  | 'longestStreak'
  | 'from'
  | 'until'
  | 'threshold'
  | 'warning'
  | 'measure'
  | 'value'
  | 'attention'
  | 'coverage'
  | 'presence'
  | 'band'
  | 'samples';
type AccuracyName =
  | 'kept'
  | 'timeCorrected'
  | 'correctedAway'
  | 'rejected'
  | 'reviewsConfirmed'
  | 'reviewsRejected'
  | 'reviewsOpen'
  | 'missed'
  | 'precision'
  | 'recall'
  | 'reviewPrecision';

const tr: Words = {
  titles: {
    'attendance-daily': 'Günlük yoklama raporu',
    'attendance-weekly': 'Haftalık yoklama raporu',
    'attendance-monthly': 'Aylık yoklama raporu',
    courses: 'Derslere göre yoklama',
    students: 'Öğrencilere göre yoklama',
    teachers: 'Öğretmenlere göre yoklama',
    departments: 'Bölümlere göre yoklama',
    course: 'Ders yoklama raporu',
    student: 'Öğrenci yoklama raporu',
    teacher: 'Öğretmen yoklama raporu',
    department: 'Bölüm yoklama raporu',
    absences: 'Devamsızlık raporu',
    accuracy: 'Tanıma doğruluğu',
    records: 'Yoklama kayıtları',
    'engagement-course': 'Ders katılım raporu',
    'emotions-course': 'Ders duygu raporu',
    'emotions-student': 'Öğrenci duygu raporu',
  },
  sections: {
    summary: 'Özet',
    days: 'Günler',
    courses: 'Dersler',
    departments: 'Bölümler',
    students: 'Öğrenciler',
    teachers: 'Öğretmenler',
    sessions: 'Oturumlar',
    absences: 'Devamsızlıklar',
    recent: 'Son kayıtlar',
    records: 'Kayıtlar',
    accuracy: 'Doğruluk',
    engagement: 'Katılım',
    emotions: 'Duygular',
  },
  columns: {
    day: 'Gün',
    start: 'Başlangıç',
    code: 'Kod',
    course: 'Ders',
    number: 'Numara',
    name: 'Ad',
    title: 'Unvan',
    department: 'Bölüm',
    sessions: 'Oturum',
    students: 'Öğrenci',
    rate: 'Katılım oranı',
    trend: 'Değişim (puan)',
    status: 'Durum',
    method: 'Yöntem',
    firstSeen: 'İlk görülme',
    note: 'Not',
    absences: 'Devamsızlık',
    currentStreak: 'Süren seri',
    longestStreak: 'En uzun seri',
    from: 'İlk gün',
    until: 'Son gün',
    threshold: 'Sınır',
    warning: 'Uyarı',
    measure: 'Ölçü',
    value: 'Değer',
    attention: 'Dikkat',
    coverage: 'Kapsama',
    presence: 'Görülme',
    band: 'Düzey',
    samples: 'Okuma',
  },
  statuses: { present: 'Var', late: 'Geç', excused: 'İzinli', absent: 'Yok', pending: 'Bekliyor' },
  methods: { face: 'Yüz', qr: 'Karekod', manual: 'Elle', import: 'Aktarım' },
  bands: { low: 'düşük', middle: 'orta', high: 'yüksek' },
  accuracy: {
    kept: 'Tanındı, itiraz edilmedi',
    timeCorrected: 'Tanındı, yalnız zamanı düzeltildi',
    correctedAway: 'Tanındı, bir kişi “yok” dedi',
    rejected: 'Tanındı, “bu öğrenci değil” denildi',
    reviewsConfirmed: 'Soruldu, onaylandı',
    reviewsRejected: 'Soruldu, reddedildi',
    reviewsOpen: 'Soruldu, yanıt bekliyor',
    missed: 'Gözden kaçtı',
    precision: 'Kesinlik',
    recall: 'Duyarlılık',
    reviewPrecision: 'Soruların isabeti',
  },
  emotions: {
    neutral: 'nötr',
    happy: 'mutlu',
    sad: 'üzgün',
    angry: 'kızgın',
    fearful: 'korkmuş',
    disgusted: 'tiksinmiş',
    surprised: 'şaşkın',
  },
  total: 'Toplam',
  rateByDay: 'Günlere göre katılım oranı',
  rateByCourse: 'Derslere göre katılım oranı',
  trend: 'Önceki döneme göre değişim',
  before: 'Önceki dönem',
  generated: 'Oluşturma',
  page: 'Sayfa {page} / {pages}',
  none: 'Kayıt yok.',
  yes: 'evet',
  rateNote:
    'Katılım oranı = (var + geç) / (var + geç + yok). İzinli ve henüz karar verilmemiş kayıtlar hesaba katılmaz.',
  allMeetings: 'Derslerin tüm oturumları',
  absenceNote: 'Seri, bir dersin art arda kaçırılan oturumlarıdır; izinli olmak seriyi ne uzatır ne bitirir.',
  accuracyNote: 'Kimsenin bakmadığı kayıtlar doğru sayılır; bu yüzden kesinlik bir üst sınırdır.',
  engagementNote:
    'Dikkat, kapsama olmadan bir şey söylemez; nota veya tek bir öğrenci hakkındaki bir karara esas alınamaz.',
  emotionNote: 'Duygu okumaları yanılabilir; bir karara esas alınamaz.',
};

const en: Words = {
  titles: {
    'attendance-daily': 'Daily attendance report',
    'attendance-weekly': 'Weekly attendance report',
    'attendance-monthly': 'Monthly attendance report',
    courses: 'Attendance by course',
    students: 'Attendance by student',
    teachers: 'Attendance by teacher',
    departments: 'Attendance by department',
    course: 'Attendance of a course',
    student: 'Attendance of a student',
    teacher: 'Attendance of a teacher’s courses',
    department: 'Attendance of a department',
    absences: 'Absences',
    accuracy: 'Accuracy of recognition',
    records: 'Attendance records',
    'engagement-course': 'Engagement of a course',
    'emotions-course': 'Emotions of a course',
    'emotions-student': 'Emotions of a student',
  },
  sections: {
    summary: 'Summary',
    days: 'Days',
    courses: 'Courses',
    departments: 'Departments',
    students: 'Students',
    teachers: 'Teachers',
    sessions: 'Sessions',
    absences: 'Absences',
    recent: 'Latest records',
    records: 'Records',
    accuracy: 'Accuracy',
    engagement: 'Engagement',
    emotions: 'Emotions',
  },
  columns: {
    day: 'Day',
    start: 'Start',
    code: 'Code',
    course: 'Course',
    number: 'Number',
    name: 'Name',
    title: 'Title',
    department: 'Department',
    sessions: 'Sessions',
    students: 'Students',
    rate: 'Attendance rate',
    trend: 'Change (points)',
    status: 'Status',
    method: 'Method',
    firstSeen: 'First seen',
    note: 'Note',
    absences: 'Absences',
    currentStreak: 'Current streak',
    longestStreak: 'Longest streak',
    from: 'First day',
    until: 'Last day',
    threshold: 'Threshold',
    warning: 'Warning',
    measure: 'Measure',
    value: 'Value',
    attention: 'Attention',
    coverage: 'Coverage',
    presence: 'Seen',
    band: 'Band',
    samples: 'Readings',
  },
  statuses: { present: 'Present', late: 'Late', excused: 'Excused', absent: 'Absent', pending: 'Pending' },
  methods: { face: 'Face', qr: 'QR code', manual: 'By hand', import: 'Import' },
  bands: { low: 'low', middle: 'middle', high: 'high' },
  accuracy: {
    kept: 'Recognised, not objected to',
    timeCorrected: 'Recognised, only the time corrected',
    correctedAway: 'Recognised, a person said absent',
    rejected: 'Recognised, a person said “not this student”',
    reviewsConfirmed: 'Asked, confirmed',
    reviewsRejected: 'Asked, rejected',
    reviewsOpen: 'Asked, not answered',
    missed: 'Missed',
    precision: 'Precision',
    recall: 'Recall',
    reviewPrecision: 'Questions that were right',
  },
  emotions: {
    neutral: 'neutral',
    happy: 'happy',
    sad: 'sad',
    angry: 'angry',
    fearful: 'fearful',
    disgusted: 'disgusted',
    surprised: 'surprised',
  },
  total: 'Total',
  rateByDay: 'Attendance rate by day',
  rateByCourse: 'Attendance rate by course',
  trend: 'Change against the period before',
  before: 'Period before',
  generated: 'Made',
  page: 'Page {page} of {pages}',
  none: 'No records.',
  yes: 'yes',
  rateNote:
    'Attendance rate = (present + late) / (present + late + absent). Excused and undecided records are left out.',
  allMeetings: 'All meetings of the courses',
  absenceNote:
    'A streak is a run of missed meetings of one course; being excused neither lengthens nor ends it.',
  accuracyNote: 'What nobody looked at counts as right, so the precision is an upper bound.',
  engagementNote:
    'Attention says nothing without its coverage and is never an input to a grade or to a decision about one student.',
  emotionNote: 'Readings of emotion are often wrong and are no ground for a decision.',
};

const ru: Words = {
  titles: {
    'attendance-daily': 'Посещаемость за день',
    'attendance-weekly': 'Посещаемость за неделю',
    'attendance-monthly': 'Посещаемость за месяц',
    courses: 'Посещаемость по курсам',
    students: 'Посещаемость по студентам',
    teachers: 'Посещаемость по преподавателям',
    departments: 'Посещаемость по отделениям',
    course: 'Посещаемость курса',
    student: 'Посещаемость студента',
    teacher: 'Посещаемость курсов преподавателя',
    department: 'Посещаемость отделения',
    absences: 'Пропуски',
    accuracy: 'Точность распознавания',
    records: 'Записи о посещаемости',
    'engagement-course': 'Вовлечённость на курсе',
    'emotions-course': 'Эмоции на курсе',
    'emotions-student': 'Эмоции студента',
  },
  sections: {
    summary: 'Итоги',
    days: 'Дни',
    courses: 'Курсы',
    departments: 'Отделения',
    students: 'Студенты',
    teachers: 'Преподаватели',
    sessions: 'Занятия',
    absences: 'Пропуски',
    recent: 'Последние записи',
    records: 'Записи',
    accuracy: 'Точность',
    engagement: 'Вовлечённость',
    emotions: 'Эмоции',
  },
  columns: {
    day: 'День',
    start: 'Начало',
    code: 'Код',
    course: 'Курс',
    number: 'Номер',
    name: 'Имя',
    title: 'Звание',
    department: 'Отделение',
    sessions: 'Занятий',
    students: 'Студентов',
    rate: 'Посещаемость',
    trend: 'Изменение (п. п.)',
    status: 'Статус',
    method: 'Способ',
    firstSeen: 'Замечен впервые',
    note: 'Примечание',
    absences: 'Пропусков',
    currentStreak: 'Подряд сейчас',
    longestStreak: 'Подряд, максимум',
    from: 'Первый день',
    until: 'Последний день',
    threshold: 'Порог',
    warning: 'Предупреждение',
    measure: 'Показатель',
    value: 'Значение',
    attention: 'Внимание',
    coverage: 'Охват',
    presence: 'В кадре',
    band: 'Уровень',
    samples: 'Замеров',
  },
  statuses: {
    present: 'Присутствует',
    late: 'Опоздал',
    excused: 'Уважительная',
    absent: 'Отсутствует',
    pending: 'Не решено',
  },
  methods: { face: 'Лицо', qr: 'QR-код', manual: 'Вручную', import: 'Импорт' },
  bands: { low: 'низкий', middle: 'средний', high: 'высокий' },
  accuracy: {
    kept: 'Узнан, возражений нет',
    timeCorrected: 'Узнан, исправлено только время',
    correctedAway: 'Узнан, человек отметил отсутствие',
    rejected: 'Узнан, человек сказал «не этот студент»',
    reviewsConfirmed: 'Вопрос, подтверждено',
    reviewsRejected: 'Вопрос, отклонено',
    reviewsOpen: 'Вопрос без ответа',
    missed: 'Не узнан',
    precision: 'Точность',
    recall: 'Полнота',
    reviewPrecision: 'Верных вопросов',
  },
  emotions: {
    neutral: 'нейтрально',
    happy: 'радость',
    sad: 'грусть',
    angry: 'гнев',
    fearful: 'страх',
    disgusted: 'отвращение',
    surprised: 'удивление',
  },
  total: 'Итого',
  rateByDay: 'Посещаемость по дням',
  rateByCourse: 'Посещаемость по курсам',
  trend: 'Изменение к прошлому периоду',
  before: 'Прошлый период',
  generated: 'Составлено',
  page: 'Страница {page} из {pages}',
  none: 'Записей нет.',
  yes: 'да',
  rateNote:
    'Посещаемость = (присутствуют + опоздали) / (присутствуют + опоздали + отсутствуют). Уважительные и нерешённые записи не учитываются.',
  allMeetings: 'Все занятия курсов',
  absenceNote:
    'Серия — пропущенные подряд занятия одного курса; уважительная причина её не продлевает и не прерывает.',
  accuracyNote: 'Записи, которые никто не проверял, считаются верными, поэтому точность — верхняя оценка.',
  engagementNote:
    'Внимание ничего не значит без охвата и не может влиять на оценку или решение об одном студенте.',
  emotionNote: 'Показания об эмоциях часто ошибочны и не могут быть основанием для решения.',
};

const ky: Words = {
  titles: {
    'attendance-daily': 'Күндүк катышуу отчету',
    'attendance-weekly': 'Жумалык катышуу отчету',
    'attendance-monthly': 'Айлык катышуу отчету',
    courses: 'Курстар боюнча катышуу',
    students: 'Окуучулар боюнча катышуу',
    teachers: 'Мугалимдер боюнча катышуу',
    departments: 'Бөлүмдөр боюнча катышуу',
    course: 'Курска катышуу',
    student: 'Окуучунун катышуусу',
    teacher: 'Мугалимдин курстарына катышуу',
    department: 'Бөлүмдүн катышуусу',
    absences: 'Келбей калуулар',
    accuracy: 'Таануунун тактыгы',
    records: 'Катышуу жазуулары',
    'engagement-course': 'Курстагы активдүүлүк',
    'emotions-course': 'Курстагы эмоциялар',
    'emotions-student': 'Окуучунун эмоциялары',
  },
  sections: {
    summary: 'Жыйынтык',
    days: 'Күндөр',
    courses: 'Курстар',
    departments: 'Бөлүмдөр',
    students: 'Окуучулар',
    teachers: 'Мугалимдер',
    sessions: 'Сабактар',
    absences: 'Келбей калуулар',
    recent: 'Акыркы жазуулар',
    records: 'Жазуулар',
    accuracy: 'Тактык',
    engagement: 'Активдүүлүк',
    emotions: 'Эмоциялар',
  },
  columns: {
    day: 'Күн',
    start: 'Башталышы',
    code: 'Код',
    course: 'Курс',
    number: 'Номер',
    name: 'Аты',
    title: 'Наамы',
    department: 'Бөлүм',
    sessions: 'Сабак',
    students: 'Окуучу',
    rate: 'Катышуу',
    trend: 'Өзгөрүү (п. п.)',
    status: 'Абалы',
    method: 'Ыкма',
    firstSeen: 'Биринчи көрүнгөн',
    note: 'Эскертүү',
    absences: 'Келбеген',
    currentStreak: 'Азыр катары менен',
    longestStreak: 'Эң көп катары менен',
    from: 'Биринчи күн',
    until: 'Акыркы күн',
    threshold: 'Чек',
    warning: 'Эскертүү керек',
    measure: 'Көрсөткүч',
    value: 'Мааниси',
    attention: 'Көңүл буруу',
    coverage: 'Камтуу',
    presence: 'Көрүнгөн',
    band: 'Деңгээл',
    samples: 'Өлчөө',
  },
  statuses: {
    present: 'Бар',
    late: 'Кечикти',
    excused: 'Себептүү',
    absent: 'Жок',
    pending: 'Чечиле элек',
  },
  methods: { face: 'Жүз', qr: 'QR-код', manual: 'Кол менен', import: 'Импорт' },
  bands: { low: 'төмөн', middle: 'орто', high: 'жогору' },
  accuracy: {
    kept: 'Таанылды, каршылык жок',
    timeCorrected: 'Таанылды, убактысы гана оңдолду',
    correctedAway: 'Таанылды, адам «жок» деди',
    rejected: 'Таанылды, «бул окуучу эмес» делди',
    reviewsConfirmed: 'Суралды, ырасталды',
    reviewsRejected: 'Суралды, четке кагылды',
    reviewsOpen: 'Суралды, жооп жок',
    missed: 'Таанылбай калды',
    precision: 'Тактык',
    recall: 'Толуктук',
    reviewPrecision: 'Туура суроолор',
  },
  emotions: {
    neutral: 'нейтралдуу',
    happy: 'кубаныч',
    sad: 'кайгы',
    angry: 'ачуу',
    fearful: 'коркуу',
    disgusted: 'жийиркенүү',
    surprised: 'таңыркоо',
  },
  total: 'Жалпы',
  rateByDay: 'Күндөр боюнча катышуу',
  rateByCourse: 'Курстар боюнча катышуу',
  trend: 'Мурунку мезгилге салыштырмалуу өзгөрүү',
  before: 'Мурунку мезгил',
  generated: 'Түзүлдү',
  page: '{pages} барактын {page}-барагы',
  none: 'Жазуу жок.',
  yes: 'ооба',
  rateNote:
    'Катышуу = (бар + кечикти) / (бар + кечикти + жок). Себептүү жана чечиле элек жазуулар эсепке алынбайт.',
  allMeetings: 'Курстардын бардык сабактары',
  absenceNote:
    'Катар — бир курстун удаа келбей калган сабактары; себептүү болуу аны узартпайт да, үзбөйт да.',
  accuracyNote: 'Эч ким карабаган жазуулар туура деп эсептелет, ошондуктан тактык — жогорку чек.',
  engagementNote:
    'Көңүл буруу камтуусуз эч нерсени билдирбейт; баага же бир окуучу жөнүндө чечимге негиз боло албайт.',
  emotionNote: 'Эмоция боюнча көрсөткүчтөр көп жаңылат; чечимге негиз боло албайт.',
};

export const WORDS: Record<ReportLocale, Words> = { tr, en, ru, ky };
