import { ChartColumn } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import type { AttendanceLine } from '../../../../src/index.ts';
import { number } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { useDelayed, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { DataTable } from '../data-table.tsx';
import { EmptyState, LoadFailed, Skeleton } from '../feedback.tsx';
import { SearchField } from '../field.tsx';
import { Pager } from '../pager.tsx';
import { SelectField } from '../select-field.tsx';
import { ExportButtons } from './export-buttons.tsx';
import { countColumns } from './overview.tsx';
import { isRange, lately, RangeFilter } from './range-filter.tsx';

export type LinesBy = 'courses' | 'students' | 'teachers' | 'departments';

const SORTS = ['name', 'rate', '-rate', '-absent'] as const;
const SORT_TEXT = {
  name: 'reports.sortName',
  rate: 'reports.sortWorst',
  '-rate': 'reports.sortBest',
  '-absent': 'reports.sortAbsent',
} as const;
const PAGE = 50;

/** One line for each course, student, teacher or department, over any range of days. */
export function Lines({ by }: { by: LinesBy }) {
  const [range, setRange] = useState(lately);
  const [search, setSearch] = useState('');
  const [sort, setSort] = useState<(typeof SORTS)[number]>('name');
  const [skip, setSkip] = useState(0);
  const wanted = useDelayed(search.trim());
  const asked = useDelayed(range);
  const of = { ...(isRange(asked) ? asked : lately()), ...(wanted ? { search: wanted } : {}) };
  useEffect(() => setSkip(0), [wanted, asked, sort]);
  const lines = useResource(
    () => client.reports.lines(by, { ...of, sort, skip, limit: PAGE }),
    [by, of.from, of.until, wanted, sort, skip],
  );
  const { data, error } = lines;
  return (
    <>
      <div class="card padded filters">
        <SearchField label={t('app.search')} value={search} onValue={setSearch} />
        <RangeFilter range={range} onRange={setRange} />
        <SelectField
          label={t('reports.sort')}
          value={sort}
          onValue={setSort}
          options={SORTS.map((value) => ({ value, label: t(SORT_TEXT[value]) }))}
        />
      </div>
      <ExportButtons key={JSON.stringify(of)} report={by} params={of} />
      {!data && (error ? <LoadFailed error={error} retry={lines.reload} /> : <Skeleton />)}
      {data && data.total === 0 && (
        <div class="card">
          <EmptyState icon={ChartColumn} title={t('reports.noLines')} hint={t('reports.noneHint')} />
        </div>
      )}
      {data && data.total > 0 && (
        <div class="card padded stack">
          <DataTable
            caption={t(`reports.${by}`)}
            rows={data.items}
            keyOf={(line) => line.id ?? line.name ?? ''}
            columns={[
              { id: 'name', label: t(`reports.one.${by}`), cell: (line) => <Name by={by} line={line} /> },
              {
                id: 'sessions',
                label: t('reports.sessions'),
                numeric: true,
                cell: (line) => number(line.sessions),
              },
              ...countColumns(),
            ]}
          />
          <Pager page={data} onSkip={setSkip} />
        </div>
      )}
    </>
  );
}

function Name({ by, line }: { by: LinesBy; line: AttendanceLine }) {
  const name = line.name ?? t('reports.noDepartment');
  const linked = line.id !== null && (by === 'courses' || by === 'students');
  return (
    <>
      {linked ? <a href={`/${by}/${line.id}`}>{name}</a> : name}
      {line.code && <span class="small muted tabular"> {line.code}</span>}
    </>
  );
}
