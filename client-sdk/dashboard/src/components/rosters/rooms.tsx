import { DoorOpen } from 'lucide';
import { useState } from 'preact/hooks';
import type { Room } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { client } from '../../state/session.ts';
import { TextField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { RecordDialog } from '../record-dialog.tsx';
import { type EditProps, SearchedList } from './searched-list.tsx';

export function Rooms() {
  return (
    <SearchedList
      texts={{
        search: t('rooms.search'),
        add: t('rooms.add'),
        none: t('rooms.none'),
        noneHint: t('rooms.noneHint'),
      }}
      icon={DoorOpen}
      load={(query) => client.rooms.list(query)}
      row={(room) => (
        <>
          <Icon of={DoorOpen} />
          <span class="grow">
            <span class="title">{room.name}</span>
            <br />
            <span class="small muted">
              {[room.building, room.capacity ? t('rooms.seats', { count: room.capacity }) : null]
                .filter(Boolean)
                .join(' · ') || '–'}
            </span>
          </span>
          {room.latitude !== null && <span class="chip">{t('rooms.hasPlace')}</span>}
          <span class="small muted tabular">{t('rooms.cameras', { count: room.cameras })}</span>
        </>
      )}
      edit={(props) => <RoomDialog {...props} />}
    />
  );
}

/** Null where it is empty or a number within the limits. */
function numberProblem(text: string, min: number, max: number): string | null {
  const value = Number(text);
  return text.trim() === '' || (Number.isFinite(value) && value >= min && value <= max)
    ? null
    : t('courses.invalidNumber', { min, max });
}

const numberOf = (text: string) => (text.trim() === '' ? null : Number(text));

function RoomDialog({ row: room, onClose, onDone }: EditProps<Room>) {
  const [name, setName] = useState(room?.name ?? '');
  const [building, setBuilding] = useState(room?.building ?? '');
  const [capacity, setCapacity] = useState(String(room?.capacity ?? ''));
  const [latitude, setLatitude] = useState(String(room?.latitude ?? ''));
  const [longitude, setLongitude] = useState(String(room?.longitude ?? ''));
  const half = (latitude.trim() === '') !== (longitude.trim() === '') ? t('rooms.bothNeeded') : null;
  return (
    <RecordDialog
      title={room ? room.name : t('rooms.add')}
      onClose={onClose}
      problems={{
        name: name.trim() ? null : t('students.nameMissing'),
        capacity: numberProblem(capacity, 1, 100_000),
        latitude: half ?? numberProblem(latitude, -90, 90),
        longitude: numberProblem(longitude, -180, 180),
      }}
      save={async () => {
        const input = {
          name: name.trim(),
          building: building.trim() || null,
          capacity: numberOf(capacity),
          latitude: numberOf(latitude),
          longitude: numberOf(longitude),
        };
        if (room) await client.rooms.update(room.id, input);
        else await client.rooms.create(input);
        notify(t('app.saved'));
        await onDone();
      }}
      removal={
        room && {
          title: t('students.removeTitle', { name: room.name }),
          body: t('rooms.removeBody'),
          remove: async () => {
            await client.rooms.remove(room.id);
            notify(t('students.removed', { name: room.name }));
            await onDone();
          },
        }
      }
    >
      {(problems) => (
        <>
          <TextField label={t('courses.name')} value={name} onValue={setName} problem={problems.name} />
          <div class="form-grid">
            <TextField label={t('rooms.building')} optional value={building} onValue={setBuilding} />
            <TextField
              label={t('rooms.capacity')}
              optional
              value={capacity}
              onValue={setCapacity}
              problem={problems.capacity}
              input={{ type: 'number', inputMode: 'numeric', min: 1 }}
            />
          </div>
          <div class="form-grid">
            <TextField
              label={t('rooms.latitude')}
              hint={t('rooms.placeHint')}
              optional
              value={latitude}
              onValue={setLatitude}
              problem={problems.latitude}
              input={{ inputMode: 'decimal' }}
            />
            <TextField
              label={t('rooms.longitude')}
              optional
              value={longitude}
              onValue={setLongitude}
              problem={problems.longitude}
              input={{ inputMode: 'decimal' }}
            />
          </div>
        </>
      )}
    </RecordDialog>
  );
}
