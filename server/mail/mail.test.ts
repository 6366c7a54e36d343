import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/index.ts';
import { type SmtpStub, startSmtp } from '../../tests/support/smtp.ts';
import { createFormat, LANGUAGES, languageOf } from './format.ts';
import { MESSAGE_KINDS, type MessageData, type MessageKind } from './kinds.ts';
import { type Brand, layOut } from './layout.ts';
import { createMailer, type Mail } from './mailer.ts';
import { WORDS, write } from './words.ts';

const EVIL = '<b>Ömer</b> & "Şen"';
const place = { institution: 'Test & Okul', url: 'https://yoklama.example' };
const brand: Brand = { institution: place.institution, primary: '#2f4fd8', logo: null };
const item = {
  sessionId: '1',
  course: EVIL,
  startsAt: '2026-11-20T06:00:00.000Z',
  status: 'absent' as const,
};

const samples: { [Kind in MessageKind]: MessageData[Kind][] } = {
  invitation: [
    { link: 'https://yoklama.example/invite#abc', expiresAt: '2026-11-22T06:00:00Z' },
    { link: 'https://yoklama.example/invite#abc' },
  ],
  'password-reset': [
    { link: 'https://yoklama.example/reset#abc', expiresAt: '2026-11-22T06:00:00Z' },
    { link: 'https://yoklama.example/reset#abc' },
  ],
  attendance: [
    { student: EVIL, own: true, items: [item] },
    { student: EVIL, own: false, items: [item, { ...item, status: 'late' }, { ...item, status: 'excused' }] },
    { student: EVIL, own: false, items: [{ ...item, status: 'present' }] },
  ],
  'attendance-corrected': [
    { student: EVIL, own: true, items: [{ ...item, status: 'present', before: 'absent' }] },
    { student: EVIL, own: false, items: [{ ...item, status: 'late', before: 'absent' }] },
  ],
  'absence-warning': (['student', 'guardian', 'teacher'] as const).flatMap((reader) =>
    [1, 2, 5, 21].map((absences) => ({ student: EVIL, reader, course: EVIL, absences, threshold: 3 })),
  ),
  'weekly-report': [
    {
      from: '2026-11-16',
      until: '2026-11-22',
      courses: [
        {
          course: EVIL,
          sessions: 3,
          present: 1200,
          late: 2,
          excused: 1,
          absent: 4,
          rate: 0.834,
          trend: -2.2,
        },
        { course: 'B', sessions: 1, present: 0, late: 0, excused: 0, absent: 0, rate: null, trend: null },
      ],
      lookAfter: [{ student: EVIL, course: EVIL, absences: 5, streak: 2 }],
    },
    { from: '2026-11-16', until: '2026-11-22', courses: [], lookAfter: [] },
  ],
  'daily-report': [
    {
      day: '2026-11-20',
      sessions: 1,
      present: 10,
      late: 1,
      excused: 1,
      absent: 2,
      rate: 0.846,
      openExcuses: 1,
      openContests: 0,
      camerasDown: 2,
    },
  ],
  'camera-down': [
    { camera: EVIL, course: EVIL, reason: 'unreachable', since: '2026-11-20T06:00:00Z' },
    { camera: EVIL, course: null, reason: 'something-new', since: '2026-11-20T06:00:00Z' },
  ],
  'camera-up': [
    { camera: EVIL, course: EVIL },
    { camera: EVIL, course: null },
  ],
  'excuse-opened': [{ student: EVIL, from: '2026-11-20T06:00:00Z', until: '2026-11-21T06:00:00Z' }],
  'excuse-decided': [true, false].flatMap((accepted) =>
    [true, false].map((own) => ({
      student: EVIL,
      own,
      accepted,
      from: '2026-11-20T06:00:00Z',
      until: '2026-11-21T06:00:00Z',
    })),
  ),
  'contest-opened': [{ student: EVIL, course: EVIL, startsAt: '2026-11-20T06:00:00Z' }],
  'contest-decided': [true, false].map((accepted) => ({
    course: EVIL,
    startsAt: '2026-11-20T06:00:00Z',
    accepted,
  })),
  'report-ready': [
    { report: 'attendance-monthly', link: 'https://yoklama.example/r/1' },
    { report: 'attendance-monthly', link: null },
  ],
  'webhook-disabled': [{ url: 'https://lms.example/hook?a=1&b=2', reason: 'HTTP 500' }],
  'mail-not-set-up': [{}],
  'mail-test': [{ to: 'admin@example.org' }],
};

const all = LANGUAGES.flatMap((language) =>
  MESSAGE_KINDS.flatMap((kind) => samples[kind].map((data) => ({ language, kind, data }))),
);
const laid = ({ language, kind, data }: (typeof all)[number]) => {
  const format = createFormat(language, 'Europe/Istanbul');
  const message = write(kind, data as never, format, place);
  return layOut(message, format, brand, {
    name: EVIL,
    unsubscribe: 'https://yoklama.example/u?token=a&b=c',
  });
};

describe('the words', () => {
  it('say every kind in every language without a gap', () => {
    for (const one of all) {
      const mail = laid(one);
      const where = `${one.language} ${one.kind}`;
      for (const text of [mail.subject, mail.text, mail.html]) {
        expect(text, where).not.toMatch(/undefined|null|NaN|\[object|\$\{|Invalid Date|#(?= |<)/);
      }
      expect(mail.subject.length, where).toBeGreaterThan(5);
      expect(mail.html, where).toContain(`<html lang="${one.language}">`);
      // The parts that people enter are the only tags that may not be there.
      expect(mail.html, where).not.toContain('<b>');
      expect(mail.html.match(/<a /g)?.length, where).toBeGreaterThanOrEqual(1);
    }
  });

  it('are not left in another language', () => {
    for (const kind of MESSAGE_KINDS) {
      const data = samples[kind][0]!;
      const texts = LANGUAGES.map((language) =>
        JSON.stringify(write(kind, data as never, createFormat(language, 'UTC'), place)),
      );
      expect(new Set(texts).size, kind).toBe(LANGUAGES.length);
    }
    for (const language of LANGUAGES) {
      const { reasons, statuses } = WORDS[language];
      expect(new Set(Object.values(reasons)).size).toBe(Object.keys(WORDS.en.reasons).length);
      expect(Object.keys(statuses)).toHaveLength(4);
    }
  });

  it('escape what people entered', () => {
    const { html, text } = laid({ language: 'tr', kind: 'attendance', data: samples.attendance[0]! });
    expect(html).toContain('&#60;b&#62;Ömer&#60;/b&#62; &#38; &#34;Şen&#34;');
    expect(html).toContain('token=a&#38;b=c');
    expect(text).toContain(EVIL);
  });

  it('count as each language counts', () => {
    const warned = (language: (typeof LANGUAGES)[number], absences: number) =>
      write(
        'absence-warning',
        { student: 'A', reader: 'student', course: 'C', absences, threshold: 3 },
        createFormat(language, 'UTC'),
        place,
      ).paragraphs[0];
    expect([1, 2, 5, 11, 21].map((count) => warned('ru', count)?.match(/\d+ заняти\S+/)?.[0])).toEqual([
      '1 занятие',
      '2 занятия',
      '5 занятий',
      '11 занятий',
      '21 занятие',
    ]);
    expect(warned('en', 1)).toContain('1 class of');
    expect(warned('en', 2)).toContain('2 classes of');
  });

  it('show local days and times in the institution’s zone', () => {
    const at = '2026-11-20T22:30:00.000Z';
    expect(createFormat('tr', 'Europe/Istanbul').moment(at)).toBe('21 Kasım 2026 Cumartesi 01:30');
    expect(createFormat('ky', 'Asia/Bishkek').moment(at)).toContain('21-ноябрь');
    expect(createFormat('ru', 'Europe/Moscow').moment(at)).toContain('21 ноября 2026');
    expect(createFormat('en', 'America/New_York').moment(at)).toContain('November 20, 2026');
  });

  it('fall back from language to language', () => {
    expect(languageOf('ky-KG')).toBe('ky');
    expect(languageOf('de', 'ru')).toBe('ru');
    expect(languageOf(null, undefined, 'fr')).toBe('en');
  });
});

describe('the mailer', () => {
  let smtp: SmtpStub;
  beforeAll(async () => {
    smtp = await startSmtp({ user: { name: 'yoklama@x', password: 'geheim/1' } });
  });
  afterAll(() => smtp.close());

  const mail = (over: Partial<Mail> = {}): Mail => ({
    to: 'veli@example.org',
    fromName: 'Okul',
    subject: 'Devamsızlık',
    html: '<p>x</p>',
    text: 'x',
    messageId: '<1@yoklama.example>',
    unsubscribe: 'https://yoklama.example/u?token=1',
    logo: null,
    ...over,
  });
  const mailer = (env: Record<string, string>) =>
    createMailer(loadConfig({ NODE_ENV: 'test', MAIL_FROM: 'Yoklama <bot@yoklama.example>', ...env }));

  it('hands mails in with names, ids and a way out; no header can be slipped in', async () => {
    const one = mailer({ SMTP_URL: smtp.url });
    const outcome = await one.send(
      mail({
        fromName: 'Okul\r\nBcc: thief@example.org',
        subject: 'A\r\nBcc: thief@example.org\r\n\r\nbody',
      }),
    );
    expect(outcome).toEqual({ sent: true });
    const { mail: got, to, raw } = smtp.mails[0]!;
    expect(to).toEqual(['veli@example.org']);
    expect(got.from).toEqual({ name: 'Okul Bcc: thief@example.org', address: 'bot@yoklama.example' });
    expect(got.subject).toBe('A Bcc: thief@example.org body');
    expect(got.messageId).toBe('<1@yoklama.example>');
    const headers = raw.slice(0, raw.indexOf('\r\n\r\n'));
    expect(headers).not.toMatch(/^bcc:/im);
    expect(headers).toMatch(/^List-Unsubscribe: <https:\/\/yoklama\.example\/u\?token=1>/m);
    expect(headers).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click/m);
    expect(headers).toMatch(/^Auto-Submitted: auto-generated/m);
    expect(got.text?.trim()).toBe('x');
    await one.close();
  });

  it('refuses addresses that are more than one', async () => {
    const one = mailer({ SMTP_URL: smtp.url });
    for (const to of ['a@x.org, b@x.org', 'a@x.org\r\nBcc: c@x.org', '"a b"@x.org', 'a']) {
      expect(await one.send(mail({ to }))).toMatchObject({ sent: false, permanent: true });
    }
    await one.close();
  });

  it('tells a mail that is refused from a mail server that is away, and keeps the password to itself', async () => {
    const one = mailer({ SMTP_URL: smtp.url });
    smtp.mode('never');
    expect(await one.send(mail())).toMatchObject({ sent: false, permanent: true, down: false });
    smtp.mode('later');
    expect(await one.send(mail())).toMatchObject({ sent: false, permanent: false, down: false });
    smtp.mode('accept');
    await one.close();

    const wrong = mailer({ SMTP_URL: smtp.url.replace('geheim%2F1', 'anders%2F2') });
    const refused = await wrong.send(mail());
    expect(refused).toMatchObject({ sent: false, permanent: false, down: true });
    expect(JSON.stringify(refused)).not.toMatch(/anders/);
    await wrong.close();

    const away = mailer({ SMTP_URL: 'smtp://127.0.0.1:1' });
    expect(await away.send(mail())).toMatchObject({ sent: false, permanent: false, down: true });
    await away.close();
  });

  it('sends nothing in the clear where TLS is required', async () => {
    const one = mailer({ SMTP_URL: smtp.url, SMTP_TLS: 'required' });
    const before = smtp.attempts();
    expect(await one.send(mail())).toMatchObject({ sent: false, permanent: false, down: true });
    expect(smtp.attempts()).toBe(before);
    await one.close();
  });

  it('sends nothing where no mail server is set', async () => {
    const none = mailer({});
    expect(none.configured).toBe(false);
    expect(await none.send(mail())).toMatchObject({ sent: false, reason: 'mail-not-set-up' });
  });
});
