import { fold } from '../students/search.ts';

export const IMPORT_ENTITIES = ['students', 'teachers', 'courses', 'enrolments'] as const;
export type ImportEntity = (typeof IMPORT_ENTITIES)[number];

/** What a column's header may be called, in Turkish, English and OneRoster; compared without case, accents and signs. */
const HEADERS = {
  students: {
    number: [
      'number',
      'student number',
      'student no',
      'student id',
      'identifier',
      'no',
      'numara',
      'öğrenci no',
    ],
    name: ['name', 'full name', 'student name', 'ad soyad', 'adı soyadı', 'öğrenci adı', 'öğrenci', 'isim'],
    firstName: ['first name', 'given name', 'ad', 'adı'],
    lastName: ['last name', 'surname', 'family name', 'soyad', 'soyadı'],
    email: ['email', 'e-mail', 'mail', 'email address', 'e-posta', 'eposta', 'e-posta adresi'],
    department: ['department', 'programme', 'program', 'bölüm', 'bölümü', 'fakülte bölüm'],
    guardianName: ['guardian name', 'guardian', 'parent', 'parent name', 'veli', 'veli adı', 'veli ad soyad'],
    guardianEmail: [
      'guardian email',
      'guardian e-mail',
      'parent email',
      'veli e-posta',
      'veli eposta',
      'veli mail',
    ],
    locale: ['locale', 'language', 'dil'],
    externalId: ['external id', 'sourced id', 'dış kimlik', 'sistem no'],
    status: ['status', 'durum'],
  },
  teachers: {
    name: ['name', 'full name', 'teacher', 'ad soyad', 'adı soyadı', 'öğretmen', 'öğretim üyesi', 'isim'],
    firstName: ['first name', 'given name', 'ad', 'adı'],
    lastName: ['last name', 'surname', 'family name', 'soyad', 'soyadı'],
    email: ['email', 'e-mail', 'mail', 'email address', 'e-posta', 'eposta', 'e-posta adresi'],
    title: ['title', 'unvan', 'ünvan'],
    department: ['department', 'bölüm', 'bölümü'],
    externalId: ['external id', 'sourced id', 'dış kimlik', 'sicil no', 'sistem no'],
    status: ['status', 'durum'],
  },
  courses: {
    code: ['code', 'course code', 'class code', 'kod', 'ders kodu', 'kodu'],
    name: ['name', 'title', 'course name', 'course', 'ad', 'adı', 'ders adı', 'ders', 'isim'],
    semester: ['semester', 'term', 'dönem', 'yarıyıl'],
    department: ['department', 'bölüm', 'bölümü'],
    teachers: [
      'teachers',
      'teacher',
      'teacher email',
      'teacher emails',
      'öğretmen',
      'öğretmenler',
      'öğretim üyesi',
    ],
    externalId: ['external id', 'sourced id', 'dış kimlik', 'sistem no'],
    status: ['status', 'durum'],
  },
  enrolments: {
    number: [
      'number',
      'student number',
      'student no',
      'student id',
      'no',
      'numara',
      'öğrenci no',
      'öğrenci numarası',
    ],
    code: ['code', 'course code', 'class code', 'kod', 'ders kodu', 'course', 'ders'],
    semester: ['semester', 'term', 'dönem', 'yarıyıl'],
    studentExternalId: ['student external id', 'user sourced id', 'öğrenci dış kimlik'],
    courseExternalId: ['course external id', 'class sourced id', 'ders dış kimlik'],
    status: ['status', 'durum'],
  },
} as const satisfies Record<ImportEntity, Record<string, readonly string[]>>;

/** Columns of which at least one of each group must be there. */
const REQUIRED: Record<ImportEntity, readonly (readonly string[])[]> = {
  students: [['number']],
  teachers: [['email', 'externalId']],
  courses: [['code', 'externalId']],
  enrolments: [
    ['number', 'studentExternalId'],
    ['code', 'courseExternalId'],
  ],
};

export interface Columns {
  /** Field of each column, null for those that nothing is known of. */
  fields: (string | null)[];
  ignored: string[];
  /** Fields that the table has none of, though it needs one. */
  missing: string[];
}

const plain = (header: string) => fold(header).replace(/[^\p{Letter}\p{Number}]/gu, '');

/** What the columns of a table mean. Of two columns with one meaning, the first counts. */
export function readHeader(entity: ImportEntity, header: readonly string[]): Columns {
  const known = new Map<string, string>();
  for (const [field, names] of Object.entries<readonly string[]>(HEADERS[entity])) {
    for (const name of [field, ...names]) if (!known.has(plain(name))) known.set(plain(name), field);
  }
  const taken = new Set<string>();
  const fields = header.map((cell) => {
    const field = known.get(plain(cell)) ?? null;
    if (field === null || taken.has(field)) return null;
    taken.add(field);
    return field;
  });
  // A table with one column for the name calls it "Ad" where one with two means the first name.
  if (taken.has('firstName') && !taken.has('lastName') && !taken.has('name')) {
    fields[fields.indexOf('firstName')] = 'name';
  }
  return {
    fields,
    ignored: header.filter((_, i) => fields[i] === null).map((cell) => cell.trim().slice(0, 60)),
    missing: REQUIRED[entity]
      .filter((group) => !group.some((field) => taken.has(field)))
      .map((group) => group[0]!),
  };
}
