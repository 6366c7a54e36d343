import { CalendarPlus, Trash2, TriangleAlert } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import type { NewMeeting, Room, RoomClash } from '../../../../src/index.ts';
import { weekdayText } from '../../i18n/days.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { canManage, client } from '../../state/session.ts';
import { Banner, ErrorBanner, Skeleton } from '../feedback.tsx';
import { TextField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { SelectField } from '../select-field.tsx';

const ROOMS_AT_MOST = 200;
const WEEKDAYS = ['1', '2', '3', '4', '5', '6', '7'] as const;

/** When a course meets, week by week, and where. */
export function CourseMeetings({ courseId }: { courseId: string }) {
  const found = useResource(() => client.meetings.get(courseId), [courseId]);
  const rooms = useResource(() => client.rooms.list({ limit: ROOMS_AT_MOST, sort: 'name' }), []);
  const [draft, setDraft] = useState<NewMeeting[]>([]);
  const [clashes, setClashes] = useState<RoomClash[]>([]);
  const [changed, setChanged] = useState(false);
  useEffect(() => {
    if (!found.data) return;
    setDraft(found.data.meetings.map(({ room: _room, ...meeting }) => meeting));
    setClashes(found.data.warnings);
    setChanged(false);
  }, [found.data]);
  const action = useAction(async () => {
    found.set(await client.meetings.put(courseId, draft));
    notify(t('courses.saved'));
  });
  const edit = (next: NewMeeting[]) => {
    setDraft(next);
    setChanged(true);
  };
  const set = (index: number, part: Partial<NewMeeting>) =>
    edit(draft.map((meeting, at) => (at === index ? { ...meeting, ...part } : meeting)));
  const wrong = draft.some((meeting) => meeting.startsAt >= meeting.endsAt);
  return (
    <section class="card padded stack" aria-labelledby="course-meetings">
      <div class="stack tight">
        <h2 id="course-meetings">{t('meetings.title')}</h2>
        <p class="small muted">{t('meetings.lead')}</p>
      </div>
      {!found.data && !found.error && <Skeleton rows={2} />}
      <ErrorBanner error={found.error} />
      {found.data && draft.length === 0 && <p class="muted">{t('meetings.none')}</p>}
      {canManage.value ? (
        <ul class="stack">
          {draft.map((meeting, index) => (
            // Lines have no id until they are stored; they are only ever added at the end.
            <li key={meeting.id ?? index}>
              <MeetingLine
                meeting={meeting}
                rooms={rooms.data?.items ?? []}
                onChange={(part) => set(index, part)}
                onRemove={() => edit(draft.filter((_, at) => at !== index))}
              />
            </li>
          ))}
        </ul>
      ) : (
        <ul class="stack tight">
          {found.data?.meetings.map((meeting) => (
            <li key={meeting.id} class="tabular">
              {weekdayText(meeting.weekday)} {meeting.startsAt}–{meeting.endsAt} {meeting.room}
            </li>
          ))}
        </ul>
      )}
      {clashes.map(({ details }) => (
        <Banner key={details.meetingId} tone="warn" icon={TriangleAlert}>
          {t('meetings.clash', {
            room: details.room,
            course: details.course,
            time: `${weekdayText(details.weekday)} ${details.startsAt}–${details.endsAt}`,
          })}
        </Banner>
      ))}
      {wrong && changed && <p class="problem">{t('meetings.wrong')}</p>}
      <ErrorBanner error={action.error} />
      {canManage.value && found.data && (
        <div class="row wrap">
          <button
            type="button"
            class="button"
            onClick={() => edit([...draft, { weekday: 1, startsAt: '09:00', endsAt: '10:00' }])}
          >
            <Icon of={CalendarPlus} />
            {t('meetings.add')}
          </button>
          <button
            type="button"
            class="button primary"
            disabled={!changed || wrong || action.busy}
            onClick={() => action.start()}
          >
            {action.busy && <span class="spinner" />}
            {t('app.save')}
          </button>
        </div>
      )}
    </section>
  );
}

interface MeetingLineProps {
  meeting: NewMeeting;
  rooms: Room[];
  onChange(part: Partial<NewMeeting>): void;
  onRemove(): void;
}

function MeetingLine({ meeting, rooms, onChange, onRemove }: MeetingLineProps) {
  return (
    <fieldset class="meeting" aria-label={t('meetings.one', { day: weekdayText(meeting.weekday) })}>
      <SelectField
        label={t('meetings.weekday')}
        value={String(meeting.weekday) as (typeof WEEKDAYS)[number]}
        onValue={(weekday) => onChange({ weekday: Number(weekday) })}
        options={WEEKDAYS.map((value) => ({ value, label: weekdayText(Number(value)) }))}
      />
      <TextField
        label={t('meetings.from')}
        value={meeting.startsAt}
        onValue={(startsAt) => onChange({ startsAt })}
        input={{ type: 'time' }}
      />
      <TextField
        label={t('meetings.until')}
        value={meeting.endsAt}
        onValue={(endsAt) => onChange({ endsAt })}
        input={{ type: 'time' }}
      />
      <SelectField
        label={t('cameras.room')}
        value={meeting.roomId ?? ''}
        onValue={(roomId) => onChange({ roomId: roomId || null })}
        options={[
          { value: '', label: t('meetings.noRoom') },
          ...rooms.map((room) => ({ value: room.id, label: room.name })),
        ]}
      />
      <button type="button" class="button quiet icon" aria-label={t('meetings.remove')} onClick={onRemove}>
        <Icon of={Trash2} size={17} />
      </button>
    </fieldset>
  );
}
