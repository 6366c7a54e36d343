import { FileUp } from 'lucide';
import { useRef, useState } from 'preact/hooks';
import type { RosterEntity, RosterImport } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { useAction } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { ErrorBanner } from '../feedback.tsx';
import { Switch } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { SelectField } from '../select-field.tsx';

const ENTITIES: RosterEntity[] = ['students', 'teachers', 'courses', 'enrolments'];

/** Takes a table or a OneRoster zip; what comes back changes nothing yet. */
export function ImportUpload({ onUploaded }: { onUploaded(made: RosterImport): void }) {
  const input = useRef<HTMLInputElement>(null);
  const [entity, setEntity] = useState<RosterEntity>('students');
  const [emptyClears, setEmptyClears] = useState(false);
  const [over, setOver] = useState(false);
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
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra, the button in it does the same */}
      <div
        class="drop"
        data-over={over}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          const file = event.dataTransfer?.files[0];
          if (file) action.start(file);
        }}
      >
        <Icon of={FileUp} size={28} />
        <p>{t('imports.drop')}</p>
        <input
          ref={input}
          type="file"
          accept=".csv,.txt,.tsv,.zip,text/csv,application/zip"
          hidden
          data-roster
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = '';
            if (file) action.start(file);
          }}
        />
        <button
          type="button"
          class="button primary"
          disabled={action.busy}
          onClick={() => input.current?.click()}
        >
          {action.busy && <span class="spinner" />}
          {action.busy ? t('imports.sending') : t('imports.choose')}
        </button>
        <p class="small">{t('imports.dropHint')}</p>
      </div>
      <ErrorBanner error={action.error} />
    </section>
  );
}
