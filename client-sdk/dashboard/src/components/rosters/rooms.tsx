import { DoorOpen, Pencil, Plus } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import type { Room } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { useDelayed, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { Dialog } from '../dialog.tsx';
import { EmptyState, LoadFailed, Skeleton } from '../feedback.tsx';
import { SearchField, TextField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { Pager } from '../pager.tsx';
import { RecordForm } from '../record-form.tsx';
import { RemoveButton } from '../remove-button.tsx';

const PAGE = 50;

export function Rooms() {
  const [search, setSearch] = useState('');
  const [skip, setSkip] = useState(0);
  const [editing, setEditing] = useState<Room | 'new' | null>(null);
  const wanted = useDelayed(search.trim());
  useEffect(() => setSkip(0), [wanted]);
  const list = useResource(() => client.rooms.list({ search: wanted, skip, limit: PAGE }), [wanted, skip]);
  const { data, error } = list;
  return (
    <>
      <div class="row wrap">
        <SearchField label={t('rooms.search')} value={search} onValue={setSearch} />
        <button type="button" class="button primary" onClick={() => setEditing('new')}>
          <Icon of={Plus} />
          {t('rooms.add')}
        </button>
      </div>
      {!data && (error ? <LoadFailed error={error} retry={list.reload} /> : <Skeleton />)}
      {data && (
        <div class="card">
          {data.total === 0 && (
            <EmptyState
              icon={DoorOpen}
              title={wanted ? t('students.nobody', { search: wanted }) : t('rooms.none')}
              {...(wanted ? {} : { hint: t('rooms.noneHint') })}
            />
          )}
          <ul class="list">
            {data.items.map((room) => (
              <li class="list-row" key={room.id}>
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
                <button
                  type="button"
                  class="button quiet icon small"
                  aria-label={t('teachers.edit', { name: room.name })}
                  onClick={() => setEditing(room)}
                >
                  <Icon of={Pencil} />
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
      {data && <Pager page={data} onSkip={setSkip} />}
      {editing && (
        <RoomDialog
          room={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
          onChanged={list.reload}
        />
      )}
    </>
  );
}

interface RoomDialogProps {
  room: Room | null;
  onClose(): void;
  onChanged(): Promise<void>;
}

/** Null where it is empty or a number within the limits. */
function numberProblem(text: string, min: number, max: number): string | null {
  const value = Number(text);
  return text.trim() === '' || (Number.isFinite(value) && value >= min && value <= max)
    ? null
    : t('courses.invalidNumber', { min, max });
}

const numberOf = (text: string) => (text.trim() === '' ? null : Number(text));

function RoomDialog({ room, onClose, onChanged }: RoomDialogProps) {
  const [name, setName] = useState(room?.name ?? '');
  const [building, setBuilding] = useState(room?.building ?? '');
  const [capacity, setCapacity] = useState(String(room?.capacity ?? ''));
  const [latitude, setLatitude] = useState(String(room?.latitude ?? ''));
  const [longitude, setLongitude] = useState(String(room?.longitude ?? ''));
  const done = async () => {
    await onChanged();
    onClose();
  };
  const half = (latitude.trim() === '') !== (longitude.trim() === '') ? t('rooms.bothNeeded') : null;
  return (
    <Dialog title={room ? room.name : t('rooms.add')} onClose={onClose}>
      <RecordForm
        problems={{
          name: name.trim() ? null : t('students.nameMissing'),
          capacity: numberProblem(capacity, 1, 100_000),
          latitude: half ?? numberProblem(latitude, -90, 90),
          longitude: numberProblem(longitude, -180, 180),
        }}
        onCancel={onClose}
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
          await done();
        }}
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
      </RecordForm>
      {room && (
        <div class="dialog-extra">
          <RemoveButton
            title={t('students.removeTitle', { name: room.name })}
            body={t('rooms.removeBody')}
            remove={async () => {
              await client.rooms.remove(room.id);
              notify(t('students.removed', { name: room.name }));
              await done();
            }}
          />
        </div>
      )}
    </Dialog>
  );
}
