import { expect, it } from 'vitest';
import { en } from './en.ts';
import { tr } from './tr.ts';

type Tree = { readonly [key: string]: string | Tree };

function flatten(tree: Tree, path = ''): [path: string, text: string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[path + key, value] as [string, string]] : flatten(value, `${path}${key}.`),
  );
}

const english = new Map(flatten(en));
const turkish = new Map(flatten(tr));
const values = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

it('has the same texts in both languages, none empty', () => {
  expect([...turkish.keys()].sort()).toEqual([...english.keys()].sort());
  expect([...english, ...turkish].filter(([, text]) => !text.trim())).toEqual([]);
});

it('fills in the same values in both languages', () => {
  for (const [key, text] of english)
    expect([key, values(turkish.get(key) ?? '')]).toEqual([key, values(text)]);
});

it('has every plural form that the languages count with', () => {
  const stems = [...english.keys()].filter((key) => key.endsWith('_other')).map((key) => key.slice(0, -6));
  for (const language of ['en', 'tr']) {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const stem of stems) for (const form of forms) expect(english.has(`${stem}_${form}`)).toBe(true);
  }
});

it('leaves nothing in English by mistake', () => {
  const hasWords = (text: string) => /\p{L}{3}/u.test(text.replaceAll(/\{\{\w+\}\}/g, ''));
  const alike = [...english].filter(([key, text]) => hasWords(text) && turkish.get(key) === text);
  expect(alike.map(([key]) => key)).toEqual(['app.name']);
});
