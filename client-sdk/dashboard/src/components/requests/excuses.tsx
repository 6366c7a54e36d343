import { FileCheck, Paperclip } from 'lucide';
import type { Excuse } from '../../../../src/index.ts';
import { dateTimeRange } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { save } from '../../state/download.ts';
import { useAction } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { ErrorBanner } from '../feedback.tsx';
import { Icon } from '../icon.tsx';
import { DecideDialog } from './decide-dialog.tsx';
import { RequestList } from './request-list.tsx';

/** Absences that students ask to have excused. */
export function Excuses({ onDecided }: { onDecided(): void }) {
  return (
    <RequestList
      icon={FileCheck}
      hint={t('requests.excusesHint')}
      load={(query) => client.excuses.list(query)}
      about={({ course }) => (course ? `${course.code} · ${course.name}` : t('requests.everyCourse'))}
      said={(excuse) => (
        <>
          <p class="tabular">
            <strong>{dateTimeRange(excuse.fromAt, excuse.untilAt)}</strong>
          </p>
          <p class="request-text">{excuse.note}</p>
          {excuse.document && <Document excuse={excuse} />}
        </>
      )}
      decide={({ of, onClose, onDecided: decided }) => (
        <DecideDialog
          title={t('requests.decideExcuse', { name: of.student.name })}
          lead={t('requests.excuseEffect')}
          onClose={onClose}
          decide={async (decision) => {
            await client.decisions.excuse(of.id, decision);
            await decided();
          }}
        />
      )}
      onDecided={onDecided}
    />
  );
}

function Document({ excuse }: { excuse: Excuse }) {
  const name = excuse.document?.name ?? '';
  const action = useAction(async () => save({ name, blob: await client.excuses.document(excuse.id) }));
  return (
    <div class="row wrap">
      <button type="button" class="button small" disabled={action.busy} onClick={() => action.start()}>
        {action.busy ? <span class="spinner" /> : <Icon of={Paperclip} size={16} />}
        {t('requests.document', { name })}
      </button>
      <ErrorBanner error={action.error} />
    </div>
  );
}
