import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createJournal, type JournalOptions } from './journal.ts';
import type { EventDraft } from './ledger.ts';

const draft = (id: string): EventDraft => ({
  id,
  sessionId: 'session',
  studentId: 'student',
  type: 'marked',
  at: new Date(0),
});

function journal(options: Partial<JournalOptions> & Pick<JournalOptions, 'write'>) {
  const log: string[] = [];
  const made = createJournal({
    log: pino({ level: 'silent' }),
    committed: (_tenant, changes) => log.push(`committed ${changes.length}`),
    isPermanent: (error) => (error as Error).message === 'bad event',
    onTrouble: (trouble) => log.push(trouble ? 'trouble' : 'well'),
    groupMs: 5,
    retry: { firstMs: 5, longestMs: 20 },
    ...options,
  });
  return { made, log };
}

describe('journal', () => {
  it('writes what arrives together in one transaction and announces it after the commit', async () => {
    const batches: string[][] = [];
    const order: string[] = [];
    const { made } = journal({
      write: async (_tenant, drafts) => {
        batches.push(drafts.map((d) => d.id));
        await new Promise((resolve) => setTimeout(resolve, 5));
        order.push('on disk');
        return [];
      },
      committed: () => order.push('announced'),
    });
    for (const id of ['a', 'b', 'c']) made.append('t', draft(id));
    await made.drained(1000);
    expect(batches).toEqual([['a', 'b', 'c']]);
    expect(order).toEqual(['on disk', 'announced']);
  });

  it('holds decisions while the database is away, loses none and keeps their order', async () => {
    let away = true;
    const written: string[] = [];
    const { made, log } = journal({
      write: async (_tenant, drafts) => {
        if (away) throw new Error('connection refused');
        written.push(...drafts.map((d) => d.id));
        return [];
      },
    });
    made.append('t', draft('a'));
    await expect(made.drained(50)).rejects.toThrow('1 decisions');
    made.append('t', draft('b'));
    expect(made.held()).toBe(2);
    away = false;
    await made.drained(1000);
    expect(written).toEqual(['a', 'b']);
    expect(log[0]).toBe('trouble');
    expect(log.at(-1)).toBe('well');
  });

  it('lets one bad event not hold up the others', async () => {
    const written: string[] = [];
    const { made } = journal({
      write: async (_tenant, drafts) => {
        if (drafts.some((d) => d.id === 'bad')) throw new Error('bad event');
        written.push(...drafts.map((d) => d.id));
        return [];
      },
    });
    for (const id of ['a', 'bad', 'b']) made.append('t', draft(id));
    await made.drained(1000);
    expect(written).toEqual(['a', 'b']);
  });

  it('is bounded', () => {
    const { made } = journal({ write: () => new Promise(() => {}), maxHeld: 2 });
    expect(['a', 'b', 'c'].map((id) => made.append('t', draft(id)))).toEqual([true, true, false]);
  });

  it('writes what it holds before it closes', async () => {
    const written: string[] = [];
    const { made } = journal({
      groupMs: 60_000,
      write: async (_tenant, drafts) => {
        written.push(...drafts.map((d) => d.id));
        return [];
      },
    });
    made.append('t', draft('a'));
    made.append('u', draft('b'));
    await made.close();
    expect(written).toEqual(['a', 'b']);
    expect(made.append('t', draft('late'))).toBe(false);
  });
});
