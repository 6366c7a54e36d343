import { useState } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import { notify } from '../state/notices.ts';
import { useAction, useDelayed, useResource } from '../state/resource.ts';
import { client } from '../state/session.ts';
import { Dialog } from './dialog.tsx';
import { ErrorBanner, Skeleton } from './feedback.tsx';
import { SearchField } from './field.tsx';
import { Avatar } from './people.tsx';

interface EnrolDialogProps {
  courseId: string;
  enrolled: ReadonlySet<string>;
  onClose(): void;
  onEnrolled(): Promise<void>;
}

const FOUND_AT_MOST = 100;

export function EnrolDialog({ courseId, enrolled, onClose, onEnrolled }: EnrolDialogProps) {
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const wanted = useDelayed(search.trim());
  const found = useResource(() => client.students.list({ search: wanted, limit: FOUND_AT_MOST }), [wanted]);
  const open = found.data?.items.filter((student) => !enrolled.has(student.id)) ?? [];
  const action = useAction(async () => {
    await client.courses.enrol(courseId, [...chosen]);
    await onEnrolled();
    notify(t('courses.enrolledNow', { count: chosen.size }));
    onClose();
  });
  const toggle = (id: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(id);
    else next.delete(id);
    setChosen(next);
  };

  return (
    <Dialog title={t('courses.enrol')} onClose={onClose}>
      <div class="row">
        <SearchField label={t('students.search')} value={search} onValue={setSearch} />
        <button
          type="button"
          class="button"
          disabled={open.length === 0}
          onClick={() => setChosen(new Set([...chosen, ...open.map((student) => student.id)]))}
        >
          {t('courses.selectAll')}
        </button>
      </div>
      {!found.data && !found.error && <Skeleton rows={3} />}
      {found.data && open.length === 0 && (
        <p class="muted">
          {found.data.total === 0
            ? wanted
              ? t('students.nobody', { search: wanted })
              : t('students.none')
            : t('courses.everyoneIn')}
        </p>
      )}
      <ul class="list">
        {open.map((student) => (
          <li key={student.id}>
            <label class="list-row">
              <input
                type="checkbox"
                checked={chosen.has(student.id)}
                onChange={(event) => toggle(student.id, event.currentTarget.checked)}
              />
              <Avatar name={student.name} />
              <span class="grow">
                {student.name}
                <br />
                <span class="small muted tabular">{student.number}</span>
              </span>
            </label>
          </li>
        ))}
      </ul>
      <ErrorBanner error={found.error ?? action.error} />
      <div class="dialog-foot sticky">
        <button type="button" class="button" onClick={onClose}>
          {t('app.cancel')}
        </button>
        <button
          type="button"
          class="button primary"
          disabled={chosen.size === 0 || action.busy}
          onClick={() => action.start()}
        >
          {t('courses.enrolChosen', { count: chosen.size })}
        </button>
      </div>
    </Dialog>
  );
}
