import { type IconNode, Pencil, Plus } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n/index.ts';
import { useDelayed, useResource } from '../../state/resource.ts';
import { EmptyState, LoadFailed, Skeleton } from '../feedback.tsx';
import { SearchField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { Pager } from '../pager.tsx';

const PAGE = 50;

interface Page<Row> {
  total: number;
  skip: number;
  limit: number;
  items: Row[];
}

export interface EditProps<Row> {
  /** Null for a new one. */
  row: Row | null;
  onClose(): void;
  /** Loads the list again and closes. */
  onDone(): Promise<void>;
}

interface SearchedListProps<Row> {
  texts: { search: string; add: string; none: string; noneHint: string };
  icon: IconNode;
  load(query: { search: string; skip: number; limit: number }): Promise<Page<Row>>;
  row(row: Row): ComponentChildren;
  edit(props: EditProps<Row>): ComponentChildren;
}

/** A list that is searched and paged, with a dialog for each of its rows and for a new one. */
export function SearchedList<Row extends { id: string; name: string }>(props: SearchedListProps<Row>) {
  const { texts, icon, load, row: content, edit } = props;
  const [search, setSearch] = useState('');
  const [skip, setSkip] = useState(0);
  const [editing, setEditing] = useState<Row | 'new' | null>(null);
  const wanted = useDelayed(search.trim());
  useEffect(() => setSkip(0), [wanted]);
  const list = useResource(() => load({ search: wanted, skip, limit: PAGE }), [wanted, skip]);
  const { data, error } = list;
  return (
    <>
      <div class="row wrap">
        <SearchField label={texts.search} value={search} onValue={setSearch} />
        <button type="button" class="button primary" onClick={() => setEditing('new')}>
          <Icon of={Plus} />
          {texts.add}
        </button>
      </div>
      {!data && (error ? <LoadFailed error={error} retry={list.reload} /> : <Skeleton />)}
      {data && (
        <div class="card">
          {data.total === 0 && (
            <EmptyState
              icon={icon}
              title={wanted ? t('app.nothingFound', { search: wanted }) : texts.none}
              {...(wanted ? {} : { hint: texts.noneHint })}
            />
          )}
          <ul class="list">
            {data.items.map((row) => (
              <li class="list-row" key={row.id}>
                {content(row)}
                <button
                  type="button"
                  class="button quiet icon small"
                  aria-label={t('teachers.edit', { name: row.name })}
                  onClick={() => setEditing(row)}
                >
                  <Icon of={Pencil} />
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
      {data && <Pager page={data} onSkip={setSkip} />}
      {editing &&
        edit({
          row: editing === 'new' ? null : editing,
          onClose: () => setEditing(null),
          onDone: async () => {
            await list.reload();
            setEditing(null);
          },
        })}
    </>
  );
}
