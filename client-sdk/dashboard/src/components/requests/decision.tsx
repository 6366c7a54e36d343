import { dateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';

export const REQUEST_STATUSES = ['open', 'accepted', 'refused'] as const;
export type RequestStatus = (typeof REQUEST_STATUSES)[number];

interface DecisionFilterProps {
  status: RequestStatus;
  onStatus(status: RequestStatus): void;
}

export function DecisionFilter({ status, onStatus }: DecisionFilterProps) {
  return (
    <fieldset class="filter-chips" aria-label={t('requests.filter')}>
      {REQUEST_STATUSES.map((one) => (
        <button type="button" key={one} aria-pressed={status === one} onClick={() => onStatus(one)}>
          {t(`requests.status.${one}`)}
        </button>
      ))}
    </fieldset>
  );
}

interface Request {
  status: RequestStatus;
  answer: string | null;
  decidedAt: string | null;
}

/** What was decided, when, and the note that went with it. */
export function Answered({ request }: { request: Request }) {
  if (request.status === 'open') return null;
  return (
    <div class="row wrap answered">
      <span class="chip" data-tone={request.status === 'accepted' ? 'good' : 'bad'}>
        {t(`requests.status.${request.status}`)}
      </span>
      {request.decidedAt && <span class="small muted">{dateTime(request.decidedAt)}</span>}
      {request.answer && <p class="request-text">{request.answer}</p>}
    </div>
  );
}
