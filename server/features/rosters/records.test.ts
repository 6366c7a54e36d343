import { describe, expect, it } from 'vitest';
import { readHeader } from './columns.ts';
import { readRecords } from './records.ts';
import { cleanCell, decodeText, detectSeparator } from './text.ts';

async function read(text: string, separator: ',' | ';' = ';') {
  const records: [number, ...string[]][] = [];
  for await (const { line, cells, broken } of readRecords(text, separator)) {
    records.push([line, ...(broken ? ['BROKEN'] : []), ...cells]);
  }
  return records;
}

describe('records of a table', () => {
  it('know the line that they start on', async () => {
    expect(await read('a;b\n\n1;"x\ny"\n;;\n2;z')).toEqual([
      [1, 'a', 'b'],
      [3, '1', 'x\ny'],
      [6, '2', 'z'],
    ]);
    expect(await read('a,b\n"1,5",x\n', ',')).toEqual([
      [1, 'a', 'b'],
      [2, '1,5', 'x'],
    ]);
  });

  it('take quotes in the middle of a cell as they are', async () => {
    expect(await read('1;Ali "Kaptan" Er\n2;"Ali" Er\n3;"say ""hi"""')).toEqual([
      [1, '1', 'Ali "Kaptan" Er'],
      [2, '2', '"Ali" Er'],
      [3, '3', 'say "hi"'],
    ]);
  });

  it('lose one line to a quote that is never closed', async () => {
    expect(await read('1;a\n2;"b\n3;c\n4;d\n')).toEqual([
      [1, '1', 'a'],
      [2, 'BROKEN', '2;"b'],
      [3, '3', 'c'],
      [4, '4', 'd'],
    ]);
    expect(await read('1;a\n2;"b')).toEqual([
      [1, '1', 'a'],
      [2, 'BROKEN', '2;"b'],
    ]);
    const many = Array.from({ length: 3000 }, (_, i) => `${i};n`).join('\n');
    const records = await read(`x;"open\n${many}\ny;"also open\nz;1\n`);
    expect(records.filter((record) => record.includes('BROKEN')).map(([line]) => line)).toEqual([1, 3002]);
    expect(records.length).toBe(3003);
  });
});

describe('the text of a table', () => {
  const text = 'Öğrenci;Işık Çağla Şükrü\n';
  it('is read in the encodings that it comes in', () => {
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le');
    expect(decodeText(Buffer.from(text))).toEqual({ text, encoding: 'utf-8' });
    expect(decodeText(Buffer.from(`\ufeff${text}`))).toEqual({ text, encoding: 'utf-8' });
    expect(decodeText(utf16)).toEqual({ text, encoding: 'utf-16le' });
    expect(decodeText(Buffer.from(utf16).swap16())).toEqual({ text, encoding: 'utf-16be' });
    const latin5 = Buffer.from([0xd6, 0xf0, 0x72, 0xfd, 0xde, 0xfe, 0xdd, 0xd0]);
    expect(decodeText(latin5)).toEqual({ text: 'ÖğrıŞşİĞ', encoding: 'windows-1254' });
    expect(decodeText(latin5, 'iso-8859-9').text).toBe('ÖğrıŞşİĞ');
    expect(() => decodeText(latin5, 'utf-8')).toThrow('not text in utf-8');
    expect(decodeText(Buffer.from('a\r\nb\rc\n')).text).toBe('a\nb\nc\n');
  });

  /** As Windows saves it: the first 64 Cyrillic letters from 0xC0 on, ё apart. */
  const cp1251 = (text: string) =>
    Buffer.from(
      [...text].map((letter) => {
        if (letter === 'ё') return 0xb8;
        const code = letter.charCodeAt(0);
        return code >= 0x410 && code <= 0x44f ? code - 0x410 + 0xc0 : code;
      }),
    );

  it('is told apart in Turkish and in Cyrillic where every byte is a letter of both', () => {
    for (const text of [
      'number,name\n77,Иванов Пётр\n',
      // Nearly all of its bytes are letters that Turkish has, too.
      'number;name\n1;Роза Зорова\n',
      'number,name,email\n1,Асанов Бакыт,asanov@okul.example\n2,Smith John,\n',
    ]) {
      expect(decodeText(cp1251(text))).toEqual({ text, encoding: 'windows-1251' });
    }
    const name = Buffer.from([0xdd, 0xfe, 0xe7, 0xfd, 0x6e, 0x20, 0xd6, 0xf0, 0xfc, 0x74]);
    expect(decodeText(name)).toEqual({ text: 'İşçın Öğüt', encoding: 'windows-1254' });
    expect(decodeText(Buffer.from([0x4a, 0x6f, 0x73, 0xe9])).text).toBe('José');
    expect(decodeText(cp1251('Эя'), 'windows-1251').text).toBe('Эя');
  });

  it('is refused where it is no text', () => {
    for (const bytes of [
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]),
      Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7919) % 256)),
    ]) {
      expect(() => decodeText(bytes)).toThrow();
    }
  });

  it('is separated by what the header has most of', () => {
    expect(detectSeparator('a;b;c\n1,2;3')).toBe(';');
    expect(detectSeparator('"a;b";x,c,d\n')).toBe(',');
    expect(detectSeparator('\na\tb\n')).toBe('\t');
    expect(detectSeparator('numara\n1\n')).toBe(',');
  });

  it('keeps a formula as text, and takes off the apostrophe of an export', () => {
    expect(cleanCell("'=SUM(A1)")).toBe('=SUM(A1)');
    expect(cleanCell('=SUM(A1)')).toBe('=SUM(A1)');
    expect(cleanCell("'Ali  Er ")).toBe("'Ali Er");
    expect(cleanCell('I\u0307ki\tu\u0308c')).toBe('İki üc');
  });
});

describe('headers', () => {
  it('are known in Turkish, English and as the API writes them', () => {
    expect(readHeader('students', ['Öğrenci No', 'Adı', 'SOYADI', 'E-Posta', 'Şube']).fields).toEqual([
      ...['number', 'firstName', 'lastName', 'email', null],
    ]);
    expect(readHeader('students', ['numara', 'ad', 'bölüm', 'Veli E-posta']).fields).toEqual([
      ...['number', 'name', 'department', 'guardianEmail'],
    ]);
    expect(readHeader('students', ['Student_Number', 'guardianEmail', 'EXTERNAL ID'])).toEqual({
      fields: ['number', 'guardianEmail', 'externalId'],
      ignored: [],
      missing: [],
    });
    expect(readHeader('enrolments', ['Ders', 'Ders Kodu', 'x'])).toEqual({
      fields: ['code', null, null],
      ignored: ['Ders Kodu', 'x'],
      missing: ['number'],
    });
  });
});
