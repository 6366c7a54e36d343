import { Download, FileClock } from 'lucide';
import { useState } from 'preact/hooks';
import type { RosterImport } from '../../../../src/index.ts';
import { dateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { save } from '../../state/download.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { ErrorBanner } from '../feedback.tsx';
import { Icon } from '../icon.tsx';
import { ImportResult } from './import-result.tsx';
import { ImportUpload } from './import-upload.tsx';

/** Rosters in and out: a file is read and judged first, and changes something only when it is applied. */
export function ImportExport() {
  const [made, setMade] = useState<RosterImport | null>(null);
  if (made) return <ImportResult made={made} onChanged={setMade} onLeft={() => setMade(null)} />;
  return (
    <div class="two-columns even">
      <ImportUpload onUploaded={setMade} />
      <div class="stack">
        <RosterFiles />
        <EarlierImports onChosen={setMade} />
      </div>
    </div>
  );
}

const FILES = ['students.csv', 'teachers.csv', 'courses.csv', 'enrolments.csv', 'oneroster.zip'] as const;
const FILE_TEXT = {
  'students.csv': 'imports.of.students',
  'teachers.csv': 'imports.of.teachers',
  'courses.csv': 'imports.of.courses',
  'enrolments.csv': 'imports.of.enrolments',
  'oneroster.zip': 'imports.everything',
} as const;

function RosterFiles() {
  const action = useAction(async (name: (typeof FILES)[number]) => save(await client.rosterFile(name)));
  return (
    <section class="card padded stack" aria-labelledby="roster-files">
      <div class="stack tight">
        <h2 id="roster-files">{t('imports.export')}</h2>
        <p class="small muted">{t('imports.exportHint')}</p>
      </div>
      <div class="row wrap">
        {FILES.map((name) => (
          <button
            type="button"
            key={name}
            class="button small"
            disabled={action.busy}
            onClick={() => action.start(name)}
          >
            <Icon of={Download} size={16} />
            {t(FILE_TEXT[name])}
          </button>
        ))}
      </div>
      <ErrorBanner error={action.error} />
    </section>
  );
}

function EarlierImports({ onChosen }: { onChosen(made: RosterImport): void }) {
  const earlier = useResource(() => client.imports.list({ limit: 10 }), []);
  if (!earlier.data || earlier.data.total === 0) return <ErrorBanner error={earlier.error} />;
  return (
    <section class="card" aria-labelledby="earlier-title">
      <div class="panel-head">
        <h2 id="earlier-title">{t('imports.earlier')}</h2>
      </div>
      <ul class="list">
        {earlier.data.items.map((one) => (
          <li class="list-row" key={one.id}>
            <Icon of={FileClock} />
            <span class="grow">
              <button type="button" class="link title" onClick={() => onChosen(one)}>
                {one.name ?? t('imports.untitled')}
              </button>
              <br />
              <span class="small muted">{dateTime(one.createdAt)}</span>
            </span>
            <span class="chip" data-tone={one.status === 'applied' ? 'good' : 'still'}>
              {t(`imports.state.${one.status}`)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
