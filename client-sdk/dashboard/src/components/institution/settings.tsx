import { useRef, useState } from 'preact/hooks';
import type { Tenant } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client, loadTenant } from '../../state/session.ts';
import { CheckList } from '../check-list.tsx';
import { ErrorBanner, LoadFailed, Skeleton } from '../feedback.tsx';
import { Field, Switch, TextField } from '../field.tsx';
import { RecordForm } from '../record-form.tsx';
import { RemoveButton } from '../remove-button.tsx';
import { SelectField } from '../select-field.tsx';
import { LOCALES, ZONES } from './places.ts';
import { RecordingSetting } from './recording-setting.tsx';

export function Settings() {
  const tenant = useResource(() => client.tenant(), []);
  if (!tenant.data) {
    return tenant.error ? <LoadFailed error={tenant.error} retry={tenant.reload} /> : <Skeleton />;
  }
  const changed = async (next?: Tenant) => {
    if (next) tenant.set(next);
    else await tenant.reload();
    await loadTenant();
    notify(t('app.saved'));
  };
  return (
    <div class="two-columns even">
      <div class="stack">
        <Identity tenant={tenant.data} onChanged={changed} />
        <LogoCard tenant={tenant.data} onChanged={changed} />
      </div>
      <div class="stack">
        <Access tenant={tenant.data} onChanged={changed} />
        <RecordingSetting tenant={tenant.data} onChanged={changed} />
      </div>
    </div>
  );
}

interface PartProps {
  tenant: Tenant;
  onChanged(next?: Tenant): Promise<void>;
}

const COLOUR = /^#[0-9a-f]{6}$/i;

function Identity({ tenant, onChanged }: PartProps) {
  const [name, setName] = useState(tenant.name);
  const [locale, setLocale] = useState(tenant.locale);
  const [zone, setZone] = useState(tenant.timezone);
  const [primary, setPrimary] = useState(tenant.settings.colours.primary);
  const [accent, setAccent] = useState(tenant.settings.colours.accent);
  const colourProblem = (text: string) => (COLOUR.test(text) ? null : t('settings.colourWrong'));
  return (
    <section class="card padded stack" aria-labelledby="identity-title">
      <h2 id="identity-title">{t('settings.identity')}</h2>
      <RecordForm
        problems={{
          name: name.trim() ? null : t('students.nameMissing'),
          primary: colourProblem(primary),
          accent: colourProblem(accent),
        }}
        save={async () => {
          const settings = { colours: { primary, accent } };
          await onChanged(
            await client.settings.update({ name: name.trim(), locale, timezone: zone, settings }),
          );
        }}
      >
        {(problems) => (
          <>
            <TextField
              label={t('settings.name')}
              value={name}
              onValue={setName}
              problem={problems.name}
              input={{ maxLength: 200 }}
            />
            <div class="form-grid">
              <SelectField
                label={t('account.language')}
                hint={t('settings.localeHint')}
                value={locale}
                onValue={setLocale}
                options={LOCALES}
              />
              <SelectField
                label={t('settings.timezone')}
                hint={t('settings.timezoneHint')}
                value={zone}
                onValue={setZone}
                options={ZONES.map((value) => ({ value, label: value.replaceAll('_', ' ') }))}
              />
            </div>
            <div class="form-grid">
              <ColourField
                label={t('settings.primary')}
                value={primary}
                onValue={setPrimary}
                problem={problems.primary}
              />
              <ColourField
                label={t('settings.accent')}
                value={accent}
                onValue={setAccent}
                problem={problems.accent}
              />
            </div>
          </>
        )}
      </RecordForm>
    </section>
  );
}

interface ColourFieldProps {
  label: string;
  value: string;
  onValue(value: string): void;
  problem: string | null | undefined;
}

/** The browser's picker beside the code: either can be used. */
function ColourField({ label, value, onValue, problem }: ColourFieldProps) {
  return (
    <Field label={label} problem={problem}>
      {(ids) => (
        <div class="row colour">
          <input
            type="color"
            aria-label={t('settings.pick', { what: label })}
            value={COLOUR.test(value) ? value : '#000000'}
            onInput={(event) => onValue(event.currentTarget.value)}
          />
          <input
            {...ids}
            class="input"
            maxLength={7}
            spellcheck={false}
            value={value}
            onInput={(event) => onValue(event.currentTarget.value)}
          />
        </div>
      )}
    </Field>
  );
}

function LogoCard({ tenant, onChanged }: PartProps) {
  const input = useRef<HTMLInputElement>(null);
  const action = useAction(async (file: File) => {
    await client.settings.setLogo(file);
    await onChanged();
  });
  return (
    <section class="card padded stack" aria-labelledby="logo-title">
      <div class="stack tight">
        <h2 id="logo-title">{t('settings.logo')}</h2>
        <p class="small muted">{t('settings.logoHint')}</p>
      </div>
      {tenant.logoUrl && (
        <img class="logo-picture" src={tenant.logoUrl} alt={t('settings.logoOf', { name: tenant.name })} />
      )}
      <input
        ref={input}
        type="file"
        accept="image/png,image/jpeg,image/webp"
        hidden
        data-logo
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file) action.start(file);
        }}
      />
      <div class="row wrap">
        <button type="button" class="button" disabled={action.busy} onClick={() => input.current?.click()}>
          {action.busy && <span class="spinner" />}
          {t('settings.chooseLogo')}
        </button>
        {tenant.logoUrl && (
          <RemoveButton
            title={t('settings.removeLogo')}
            body={t('settings.removeLogoBody')}
            remove={async () => {
              await client.settings.removeLogo();
              await onChanged();
            }}
          />
        )}
      </div>
      <ErrorBanner error={action.error} />
    </section>
  );
}

const ROLES = ['admin', 'teacher', 'student'] as const;

function Access({ tenant, onChanged }: PartProps) {
  const { registration, twoFactor, warnings, reports } = tenant.settings;
  const [open, setOpen] = useState(registration.open);
  const [domains, setDomains] = useState(registration.emailDomains.join(', '));
  const [required, setRequired] = useState<(typeof ROLES)[number][]>(twoFactor.requiredFor);
  const [warn, setWarn] = useState(warnings.enabled);
  const [absences, setAbsences] = useState(String(warnings.absences));
  const [dailyAt, setDailyAt] = useState(reports.dailyAt);
  const limit = Number(absences);
  return (
    <section class="card padded stack" aria-labelledby="access-title">
      <h2 id="access-title">{t('settings.access')}</h2>
      <RecordForm
        problems={{
          absences:
            Number.isInteger(limit) && limit >= 1 && limit <= 200
              ? null
              : t('courses.invalidNumber', { min: 1, max: 200 }),
        }}
        save={async () => {
          const emailDomains = domains.split(/[\s,;]+/).filter(Boolean);
          await onChanged(
            await client.settings.update({
              settings: {
                registration: { open, emailDomains: emailDomains.map((domain) => domain.toLowerCase()) },
                twoFactor: { requiredFor: required },
                warnings: { enabled: warn, absences: limit },
                reports: { dailyAt },
              },
            }),
          );
        }}
      >
        {(problems) => (
          <>
            <Switch
              label={t('settings.registration')}
              hint={t('settings.registrationHint')}
              checked={open}
              onChange={setOpen}
            />
            <TextField
              label={t('settings.domains')}
              hint={t('settings.domainsHint')}
              optional
              value={domains}
              onValue={setDomains}
            />
            <CheckList
              legend={t('settings.secondFactor')}
              hint={t('settings.secondFactorHint')}
              options={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
              chosen={required}
              onChosen={setRequired}
            />
            <h3>{t('settings.routine')}</h3>
            <Switch
              label={t('settings.warnings')}
              hint={t('settings.warningsHint')}
              checked={warn}
              onChange={setWarn}
            />
            <div class="form-grid">
              <TextField
                label={t('settings.absences')}
                value={absences}
                onValue={setAbsences}
                problem={problems.absences}
                input={{ type: 'number', inputMode: 'numeric', min: 1, max: 200 }}
              />
              <TextField
                label={t('settings.dailyAt')}
                value={dailyAt}
                onValue={setDailyAt}
                input={{ type: 'time', required: true }}
              />
            </div>
          </>
        )}
      </RecordForm>
    </section>
  );
}
