import { FileUp } from 'lucide';
import { useState } from 'preact/hooks';
import type { RosterEntity, RosterImport } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { useAction } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { ErrorBanner } from '../feedback.tsx';
import { Switch } from '../field.tsx';
import { FileDrop } from '../file-drop.tsx';
import { SelectField } from '../select-field.tsx';

const ENTITIES: RosterEntity[] = ['students', 'teachers', 'courses', 'enrolments'];

/** Takes a table or a OneRoster zip; what comes back changes nothing yet. */
export function ImportUpload({ onUploaded }: { onUploaded(made: RosterImport): void }) {
  const [entity, setEntity] = useState<RosterEntity>('students');
  const [emptyClears, setEmptyClears] = useState(false);
  const action = useAction(async (file: File) => {
    const zip = /\.zip$/i.test(file.name);
    onUploaded(await client.imports.upload(file, { ...(zip ? {} : { entity }), emptyClears }));
  });
  return (
    <section class="card padded stack" aria-labelledby="upload-title">
      <h2 id="upload-title">{t('imports.new')}</h2>
      <div class="form-grid">
        <SelectField
          label={t('imports.entity')}
          hint={t('imports.entityHint')}
          value={entity}
          onValue={setEntity}
          options={ENTITIES.map((value) => ({ value, label: t(`imports.of.${value}`) }))}
        />
        <Switch
          label={t('imports.emptyClears')}
          hint={t('imports.emptyClearsHint')}
          checked={emptyClears}
          onChange={setEmptyClears}
        />
      </div>
      <FileDrop
        icon={FileUp}
        label={t('imports.drop')}
        choose={action.busy ? t('imports.sending') : t('imports.choose')}
        accept=".csv,.txt,.tsv,.zip,text/csv,application/zip"
        primary
        busy={action.busy}
        name="roster"
        onFiles={([file]) => {
          if (file) action.start(file);
        }}
      >
        <p class="small">{t('imports.dropHint')}</p>
      </FileDrop>
      <ErrorBanner error={action.error} />
    </section>
  );
}
