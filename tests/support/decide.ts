import type { IdentityDecision } from '../../pipeline/messages.ts';
import type { RunningServer } from '../../server/main.ts';

/**
 * Hands the server a decision as its pipeline would: for tests of what happens to decisions, where the faces that
 * lead to them do not matter.
 */
export function decide(
  server: RunningServer,
  decision: Pick<IdentityDecision, 'streamId' | 'trackId' | 'studentId'> & Partial<IdentityDecision>,
): void {
  server.context.supervisor.events.emit('identity', {
    verdict: 'sure',
    confidence: 0.95,
    score: 0.7,
    margin: 0.3,
    votes: 5,
    firstSeenAtMs: Date.now() - 1000,
    decidedAtMs: Date.now(),
    embedding: new Float32Array([1, 0, 0, 0]),
    face: null,
    ...decision,
  });
}
