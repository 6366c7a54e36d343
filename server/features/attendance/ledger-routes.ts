import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams } from '../../http.ts';
import { ADMINS, EVERYONE } from '../../plugins/auth.ts';
import { eventsOfRecord, readEvents } from './ledger-reads.ts';
import {
  EventPage,
  EventsQuery,
  MergeSchema,
  RebuildResult,
  RebuildSchema,
  SplitSchema,
  TransferSchema,
} from './ledger-schemas.ts';
import { tell } from './qr-marks.ts';
import { rebuild } from './rebuild.ts';
import { reachRecord } from './service.ts';
import { mergeRecords, splitRecord, type Transferred, undoTransfer } from './transfers.ts';

const tags = ['attendance'];

/** The ledger: reading it, rebuilding records from it, and moving faces from one student's record to another's. */
export async function ledgerRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/events',
    {
      schema: {
        tags: ['events'],
        summary: 'The ledger',
        description:
          'What happened to attendance, in the order of writing; never changed, and records can be rebuilt from it. ' +
          'Teachers read that of their own courses.',
        querystring: EventsQuery,
        response: { 200: EventPage },
      },
    },
    ({ caller, query }) => context.db.read(caller.tenantId, (tx) => readEvents(tx, caller, query)),
  );

  app.get(
    '/attendance/:id/events',
    {
      config: { roles: EVERYONE },
      schema: {
        tags,
        summary: 'Why a record is what it is',
        description: 'Its events in the order of the ledger. Students see those of their own records.',
        params: IdParams,
        response: { 200: EventPage, ...failures('record-not-found') },
      },
    },
    ({ caller, params }) =>
      context.db.read(caller.tenantId, async (tx) => {
        const { row } = await reachRecord(tx, caller, params.id);
        return { items: await eventsOfRecord(tx, caller, row), next: null };
      }),
  );

  app.post(
    '/events/rebuild',
    {
      config: { roles: ADMINS },
      schema: {
        tags: ['events'],
        summary: 'Bring records to what the ledger says',
        description:
          'A dry run says what would change and is what happens where `dryRun` is not false. A record that nobody ' +
          'touched outside the ledger comes out as it was. Nobody is notified of changes.',
        body: RebuildSchema,
        response: { 200: RebuildResult, ...failures('session-not-found', 'course-not-found') },
      },
    },
    async ({ caller, body }) => {
      const { result, changes } = await rebuild(context, caller.tenantId, body);
      tell(context, changes);
      return result;
    },
  );

  app.post(
    '/attendance/merge',
    {
      schema: {
        tags,
        summary: 'The faces of one student’s record are another’s',
        description:
          'For two people who look alike: all tracks of the first record are given to the second student, with the ' +
          'time that they were seen for. Corrections by hand stay. Undone by its `transferId`.',
        body: MergeSchema,
        response: {
          200: TransferSchema,
          ...failures(
            'session-not-found',
            'record-not-found',
            'student-not-enrolled',
            'same-student',
            'nothing-to-move',
          ),
        },
      },
    },
    async ({ caller, body }) => told(await mergeRecords(context, caller, body)),
  );

  app.post(
    '/attendance/split',
    {
      schema: {
        tags,
        summary: 'Some faces of a record are somebody else’s',
        description:
          'Tracks, as its events name them, are taken from a record and given to another student of the course or to ' +
          'nobody. Undone by its `transferId`.',
        body: SplitSchema,
        response: {
          200: TransferSchema,
          ...failures('record-not-found', 'student-not-enrolled', 'same-student', 'track-not-found'),
        },
      },
    },
    async ({ caller, body }) => told(await splitRecord(context, caller, body)),
  );

  app.post(
    '/attendance/transfers/:id/undo',
    {
      schema: {
        tags,
        summary: 'Undo a merge or split',
        description: 'As if it had not happened; what was decided since then stays.',
        params: IdParams,
        response: { 200: TransferSchema, ...failures('transfer-not-found', 'transfer-undone') },
      },
    },
    async ({ caller, params }) => told(await undoTransfer(context, caller, params.id)),
  );

  /** Live sessions show it, and tracks that are still on camera get the right name. */
  function told({ transfer, changes, verdicts }: Transferred) {
    tell(context, changes);
    for (const { track, studentId, verdict } of verdicts) {
      const { streamId, trackId } = track;
      context.live.verdict(transfer.from.sessionId, { streamId, trackId, studentId, verdict });
    }
    return transfer;
  }
}
