import { describe, expect, it } from 'vitest';
import type { FromWorker } from '../../pipeline/messages.ts';
import { createInbox } from './inbox.ts';

const observation = (streamId: string, seq: number): FromWorker => ({
  type: 'observation',
  observation: { streamId, seq, atMs: 0, mediaTimeS: 0, width: 1, height: 1, faces: [], stagesMs: {} },
});

describe('inbox', () => {
  it('keeps only the newest overlay of a stream and every decision', async () => {
    const seen: string[] = [];
    const inbox = createInbox((message) => {
      seen.push(
        message.type === 'observation'
          ? `${message.observation.streamId}${message.observation.seq}`
          : message.type,
      );
    });
    for (let seq = 0; seq < 50; seq++) inbox.put(observation('a', seq));
    inbox.put(observation('b', 0));
    inbox.put({ type: 'engagement', bucket: { streamId: 'a', startMs: 0, lengthMs: 10_000, students: [] } });
    await new Promise(setImmediate);
    expect(seen).toEqual(['engagement', 'a49', 'b0']);
    expect(inbox.dropped()).toBe(49);
  });
});
