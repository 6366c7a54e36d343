import { en } from '../i18n/en.ts';
import { t } from '../i18n/index.ts';

/** What a job does, in words; its own name where there are none for it. */
export function jobName(name: string): string {
  const known = en.jobs.name;
  // A dot in a key would be a step into the texts.
  const key = name.replaceAll('.', '-');
  return key in known ? t(`jobs.name.${key as keyof typeof known}`) : name;
}
