import { CalendarOff, Pencil, Plus } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import { addDays } from '../../i18n/day-steps.ts';
import { dayFull, daysText, fromToday, today } from '../../i18n/days.ts';
import { t } from '../../i18n/index.ts';
import { type Break, breaksOf } from '../../state/breaks.ts';
import { useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { EmptyState, LoadFailed, Skeleton } from '../feedback.tsx';
import { Icon } from '../icon.tsx';
import { Pager } from '../pager.tsx';
import { AddBreak, EditBreak } from './holiday-dialog.tsx';

/** Years of them; a page that is cut would cut a break in two. */
const PAGE = 500;
const WHEN = ['coming', 'past'] as const;
/** Further away the date says more than the number of days. */
const NEAR_DAYS = 45;

/** Days without classes: the schedule opens no session on them. */
export function Holidays() {
  const [when, setWhen] = useState<(typeof WHEN)[number]>('coming');
  const [skip, setSkip] = useState(0);
  const [editing, setEditing] = useState<Break | 'new' | null>(null);
  useEffect(() => setSkip(0), [when]);
  const now = today();
  const list = useResource(
    () =>
      client.holidays.list({
        ...(when === 'coming' ? { from: now } : { until: addDays(now, -1) }),
        ...{ skip, limit: PAGE },
      }),
    [when, skip, now],
  );
  const { data, error } = list;
  const breaks = breaksOf(data?.items ?? []);
  const add = (
    <button type="button" class="button primary" onClick={() => setEditing('new')}>
      <Icon of={Plus} />
      {t('holidays.add')}
    </button>
  );
  return (
    <>
      <div class="row wrap">
        <p class="lead muted">{t('holidays.lead')}</p>
        {add}
      </div>
      <fieldset class="filter-chips" aria-label={t('holidays.filter')}>
        {WHEN.map((one) => (
          <button type="button" key={one} aria-pressed={when === one} onClick={() => setWhen(one)}>
            {t(`holidays.${one}`)}
          </button>
        ))}
      </fieldset>
      {!data && (error ? <LoadFailed error={error} retry={list.reload} /> : <Skeleton />)}
      {data && (
        <div class="card">
          {data.total === 0 && (
            <EmptyState
              icon={CalendarOff}
              title={t(when === 'coming' ? 'holidays.none' : 'holidays.nonePast')}
              {...(when === 'coming' ? { hint: t('holidays.noneHint') } : {})}
            />
          )}
          <ul class="list">
            {(when === 'coming' ? breaks : breaks.toReversed()).map((one) => (
              <BreakRow key={one.days[0]?.id} of={one} onEdit={() => setEditing(one)} />
            ))}
          </ul>
        </div>
      )}
      {data && <Pager page={data} onSkip={setSkip} />}
      {editing === 'new' && <AddBreak onClose={() => setEditing(null)} onChanged={list.reload} />}
      {editing && editing !== 'new' && (
        <EditBreak of={editing} onClose={() => setEditing(null)} onChanged={list.reload} />
      )}
    </>
  );
}

function BreakRow({ of, onEdit }: { of: Break; onEdit(): void }) {
  const now = today();
  const under = of.from <= now && now <= of.until;
  const near = now < of.from && of.from <= addDays(now, NEAR_DAYS);
  const count = of.days.length;
  return (
    <li class="list-row">
      <span class="day-glyph" aria-hidden="true">
        <Icon of={CalendarOff} />
      </span>
      <span class="grow">
        <span class="title">{of.name}</span>
        <br />
        <span class="small muted">
          {count === 1
            ? dayFull(of.from)
            : `${daysText(of.from, of.until)} · ${t('holidays.days', { count })}`}
        </span>
      </span>
      {(under || near) && (
        <span class="chip" data-tone={under ? 'warn' : 'calm'}>
          {fromToday(under ? now : of.from)}
        </span>
      )}
      <button
        type="button"
        class="button quiet icon small"
        aria-label={t('teachers.edit', { name: of.name })}
        onClick={onEdit}
      >
        <Icon of={Pencil} />
      </button>
    </li>
  );
}
