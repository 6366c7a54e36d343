import type { en } from './en.ts';

export type Texts<T> = { [Key in keyof T]: T[Key] extends string ? string : Texts<T[Key]> };

/** Every language has exactly these keys. */
export type Messages = Texts<typeof en>;

type WithoutPlural<Key extends string> = Key extends `${infer Stem}_${'zero' | 'one' | 'other'}` ? Stem : Key;

type Paths<T> = {
  [Key in keyof T & string]: T[Key] extends string ? WithoutPlural<Key> : `${Key}.${Paths<T[Key]>}`;
}[keyof T & string];

/** The dotted path of a text; a text with plural forms goes by its stem. */
export type TextKey = Paths<typeof en>;
