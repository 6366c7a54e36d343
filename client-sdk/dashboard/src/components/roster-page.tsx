import { ChevronRight, type IconNode, Plus } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { t } from '../i18n/index.ts';
import { useDelayed, useResource } from '../state/resource.ts';
import { canManage } from '../state/session.ts';
import { Dialog } from './dialog.tsx';
import { EmptyState, LoadFailed, Skeleton } from './feedback.tsx';
import { SearchField } from './field.tsx';
import { Icon } from './icon.tsx';
import { PageHead } from './page.tsx';

const PAGE = 50;

interface RosterPageProps<Item> {
  texts: { title: string; lead: string; add: string; search: string; none: string; noneHint: string };
  icon: IconNode;
  /** The page of one is `${path}/${id}`. */
  path: string;
  load(query: { search: string; limit: number }): Promise<{ total: number; items: Item[] }>;
  row(item: Item): ComponentChildren;
  /** Of what is added; its page is shown then. */
  form(onSaved: (item: Item) => void, onCancel: () => void): ComponentChildren;
}

/** Everything of a kind, each with a page of its own; administrators add to it. */
export function RosterPage<Item extends { id: string }>(props: RosterPageProps<Item>) {
  const { texts, icon, path, load, row, form } = props;
  const { route } = useLocation();
  const [search, setSearch] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const [adding, setAdding] = useState(false);
  const wanted = useDelayed(search.trim());
  const { data, error, reload } = useResource(() => load({ search: wanted, limit }), [wanted, limit]);
  useEffect(() => setLimit(PAGE), [wanted]);
  const add = canManage.value && (
    <button type="button" class="button primary" onClick={() => setAdding(true)}>
      <Icon of={Plus} />
      {texts.add}
    </button>
  );
  return (
    <div class="page">
      <PageHead title={texts.title} lead={texts.lead}>
        {add}
      </PageHead>
      {(wanted || !data || data.total > 0) && (
        <div class="row">
          <SearchField label={texts.search} value={search} onValue={setSearch} />
        </div>
      )}
      {!data && (error ? <LoadFailed error={error} retry={reload} /> : <Skeleton />)}
      {data && (
        <div class="card">
          {data.items.length === 0 && (
            <EmptyState
              icon={icon}
              title={wanted ? t('app.nothingFound', { search: wanted }) : texts.none}
              {...(wanted ? {} : { hint: texts.noneHint })}
            >
              {!wanted && add}
            </EmptyState>
          )}
          <ul class="list">
            {data.items.map((item) => (
              <li key={item.id}>
                <a class="list-row" href={`${path}/${item.id}`}>
                  {row(item)}
                  <span class="chevron">
                    <Icon of={ChevronRight} />
                  </span>
                </a>
              </li>
            ))}
          </ul>
        </div>
      )}
      {data && data.items.length < data.total && (
        <button type="button" class="button" onClick={() => setLimit(limit + PAGE)}>
          {t('app.more')}
        </button>
      )}
      {adding && (
        <Dialog title={texts.add} onClose={() => setAdding(false)}>
          {form(
            (item) => route(`${path}/${item.id}`),
            () => setAdding(false),
          )}
        </Dialog>
      )}
    </div>
  );
}
