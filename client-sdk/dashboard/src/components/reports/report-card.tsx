import type { ReportExportRequest } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { ExportButtons } from './export-buttons.tsx';
import { lately } from './range-filter.tsx';

type OfOne = { report: 'course'; courseId: string } | { report: 'student'; studentId: string };

/** The attendance of one course or student as a file. */
export function ReportCard({ report, ...of }: OfOne) {
  const params: NonNullable<ReportExportRequest['params']> = { ...lately(), ...of };
  return (
    <section class="card padded stack" aria-labelledby="report-title">
      <div class="stack tight">
        <h2 id="report-title">{t('exports.about')}</h2>
        <p class="small muted">{t('exports.aboutHint')}</p>
      </div>
      <ExportButtons report={report} params={params} />
    </section>
  );
}
