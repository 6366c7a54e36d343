import type { Texts } from '../messages.ts';
import type { requestsEn } from './requests.en.ts';

export const requestsTr: Texts<typeof requestsEn> = {
  requests: {
    title: 'Talepler',
    lead: 'Öğrencilerin talepleri: mazeret bildirimi ya da bir kayda itiraz.',
    views: 'Talep türleri',
    excuses: 'Mazeretler',
    contests: 'İtirazlar',
    filter: 'Talepleri duruma göre göster',
    status: { open: 'Bekliyor', accepted: 'Kabul edildi', refused: 'Reddedildi' },
    noneOpen: 'Yanıt bekleyen yok',
    none: 'Burada kayıt yok',
    excusesHint: 'Öğrenciler mazeret bildirdiğinde belgeleriyle birlikte burada görünür.',
    contestsHint: 'Öğrenci bir kaydın yanlış olduğunu söylediğinde burada görünür.',
    everyCourse: 'Bütün dersler',
    asked: 'İstendi: {{time}}',
    document: 'Belge: {{name}}',
    decide: 'Karar ver',
    decideExcuse: '{{name}}: mazeret',
    excuseEffect: 'Kabul edilirse bu süredeki devamsızlıklar, gelecektekiler de, izinli sayılır.',
    decideContest: '{{name}}: itiraz',
    correction: 'Kaydı düzelt',
    correctionHint: 'Kabul ettiğinizde aynı adımda yapılır.',
    asItIs: 'Olduğu gibi bırak',
    answer: 'Öğrenciye not',
    answerHint: 'Öğrenci kararınızla birlikte okur.',
    accept: 'Kabul et',
    refuse: 'Reddet',
    acceptedNow: 'Kabul edildi',
    refusedNow: 'Reddedildi',
  },
};
