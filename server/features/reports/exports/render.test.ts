import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { ReportDocument } from './document.ts';
import { createRenderer } from './render.ts';

const DOCUMENT: ReportDocument = {
  ...{ title: 't', fileName: 't', period: '', locale: 'en', timezone: 'UTC', generatedAtMs: 0 },
  institution: { name: 'i', primary: '#112233', accent: '#445566', logo: null },
  ...{ notes: [], facts: [], charts: [] },
  sections: [
    {
      ...{ id: 's', title: 'S', totals: false, rows: [['a']] },
      columns: [{ title: 'C', kind: 'text', width: 5 }],
    },
  ],
};
const WORDS = { summary: 'Summary', total: 'Total', generated: 'Made', none: 'None', page: '{page}' };

it('makes a file that is asked for while the thread before is ending', async () => {
  const IDLE_MS = 20;
  const renderer = createRenderer(IDLE_MS);
  const make = async () => {
    const bytes = await renderer.render({ format: 'csv', document: DOCUMENT, words: WORDS, section: 's' });
    return Buffer.from(bytes).toString('utf8').replace('\ufeff', '');
  };
  try {
    for (let time = 0; time < 3; time++) {
      expect(await make()).toBe('C\r\na\r\n');
      // The thread has just been told to end, and has not ended.
      await pause(IDLE_MS);
    }
  } finally {
    await renderer.close();
  }
});
