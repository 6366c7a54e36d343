import type { StreamReason } from '../../pipeline/messages.ts';
import type { Format, Language } from './format.ts';
import type { Message, MessageData, MessageKind, Status } from './kinds.ts';
import { en } from './words/en.ts';
import { ky } from './words/ky.ts';
import { ru } from './words/ru.ts';
import { tr } from './words/tr.ts';

/** All texts of one language: adding a kind without its words in every language does not compile. */
export interface Words {
  statuses: Record<Status, string>;
  /** Why a camera gives no picture. */
  reasons: Record<StreamReason, string>;
  /** Above a mail to somebody whose name is known. */
  hello(name: string): string;
  /** Under every mail: who sent it and why. */
  footer(institution: string): string;
  unsubscribe: string;
  /** The page behind the link: question, button, and what it says afterwards. */
  unsubscribePage: { question: string; button: string; done: string; invalid: string };
  messages: { [Kind in MessageKind]: (data: MessageData[Kind], format: Format, place: Place) => Message };
}

/** What texts may name besides their own data. */
export interface Place {
  institution: string;
  /** Where the application is, without a slash at the end. */
  url: string;
}

export const WORDS: Record<Language, Words> = { tr, en, ru, ky };

export function write<Kind extends MessageKind>(
  kind: Kind,
  data: MessageData[Kind],
  format: Format,
  place: Place,
): Message {
  return WORDS[format.language].messages[kind](data, format, place);
}
