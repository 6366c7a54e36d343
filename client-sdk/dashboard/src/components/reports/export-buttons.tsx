import { CircleAlert, CircleCheck, Download, FileSpreadsheet, FileText, type IconNode, Table } from 'lucide';
import { useState } from 'preact/hooks';
import type { ReportExport, ReportExportRequest } from '../../../../src/index.ts';
import { language, t } from '../../i18n/index.ts';
import { save } from '../../state/download.ts';
import { announce, notify } from '../../state/notices.ts';
import { usePolling } from '../../state/polling.ts';
import { useAction } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { Banner, ErrorBanner } from '../feedback.tsx';
import { Icon } from '../icon.tsx';
import { Progress } from '../progress.tsx';

/** Names of formats are the same in every language. */
export const FORMATS: Record<ReportExport['format'], { name: string; icon: IconNode }> = {
  excel: { name: 'Excel', icon: FileSpreadsheet },
  pdf: { name: 'PDF', icon: FileText },
  csv: { name: 'CSV', icon: Table },
};

interface ExportButtonsProps {
  report: ReportExportRequest['report'];
  params: NonNullable<ReportExportRequest['params']>;
}

/** Three formats of what the page shows; a large one is made in the background and then linked to. */
export function ExportButtons({ report, params }: ExportButtonsProps) {
  const [job, setJob] = useState<ReportExport | null>(null);
  const action = useAction(async (format: ReportExport['format']) => {
    setJob(null);
    const made = await client.reports.make({ report, format, params, locale: language.peek() });
    if (made.file) {
      save(made.file);
      notify(t('exports.saved', { name: made.file.name }));
    } else setJob(made.job);
  });
  const working = job?.status === 'queued' || job?.status === 'running';
  usePolling(
    async () => {
      if (!job) return;
      const now = await client.reports.export(job.id).catch(() => null);
      if (!now) return;
      setJob(now);
      if (now.status === 'done') announce(t('exports.ready'));
    },
    working,
    1_000,
  );
  return (
    <div class="stack tight">
      <fieldset class="row wrap" aria-label={t('exports.title')} disabled={action.busy || working}>
        {(Object.keys(FORMATS) as ReportExport['format'][]).map((format) => (
          <button
            type="button"
            key={format}
            class="button small"
            aria-label={t('exports.as', { format: FORMATS[format].name })}
            onClick={() => action.start(format)}
          >
            <Icon of={FORMATS[format].icon} size={16} />
            {FORMATS[format].name}
          </button>
        ))}
        {action.busy && <span class="spinner" role="img" aria-label={t('exports.making')} />}
      </fieldset>
      <ErrorBanner error={action.error} />
      {job && working && <Progress label={t('exports.working')} value={job.progress} />}
      {job && job.status === 'failed' && (
        <Banner tone="bad" icon={CircleAlert} role="alert">
          {t('exports.failed')}
        </Banner>
      )}
      {job?.file && (
        <Banner tone="good" icon={CircleCheck} role="status">
          <a class="button small" href={job.file.href} download={job.file.name}>
            <Icon of={Download} size={16} />
            {job.file.name}
          </a>
        </Banner>
      )}
    </div>
  );
}
