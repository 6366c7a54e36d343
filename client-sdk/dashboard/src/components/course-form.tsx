import { useState } from 'preact/hooks';
import type { Course } from '../../../src/index.ts';
import { t } from '../i18n/index.ts';
import { notify } from '../state/notices.ts';
import { client } from '../state/session.ts';
import { TextField } from './field.tsx';
import { RecordForm } from './record-form.tsx';
import { SelectField } from './select-field.tsx';

interface CourseFormProps {
  course: Course | null;
  onSaved(course: Course): void;
  onCancel?: () => void;
}

/** Inclusive limits; null where the text is a whole number within them. */
function numberProblem(text: string, min: number, max: number): string | null {
  const value = Number(text);
  const fits = text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max;
  return fits ? null : t('courses.invalidNumber', { min, max });
}

const OPENS: Course['opens'][] = ['manual', 'schedule', 'camera'];
const MINUTES = { type: 'number', inputMode: 'numeric', min: 0, max: 240 } as const;
const PERCENT = { type: 'number', inputMode: 'numeric', min: 0, max: 100 } as const;

export function CourseForm({ course, onSaved, onCancel }: CourseFormProps) {
  const [code, setCode] = useState(course?.code ?? '');
  const [name, setName] = useState(course?.name ?? '');
  const [semester, setSemester] = useState(course?.semester ?? '');
  const [late, setLate] = useState(String(course?.rules.lateAfterMinutes ?? 10));
  const [share, setShare] = useState(String(Math.round((course?.rules.minPresenceShare ?? 0) * 100)));
  const [grace, setGrace] = useState(String(course?.rules.graceMinutes ?? 0));

  const [department, setDepartment] = useState(course?.department ?? '');
  const [opens, setOpens] = useState<Course['opens']>(course?.opens ?? 'manual');
  const [warn, setWarn] = useState(String(course?.warnAfterAbsences ?? ''));

  const save = async () => {
    const input = {
      code: code.trim(),
      name: name.trim(),
      semester: semester.trim() || null,
      department: department.trim() || null,
      opens,
      warnAfterAbsences: warn.trim() === '' ? null : Number(warn),
      rules: {
        lateAfterMinutes: Number(late),
        minPresenceShare: Number(share) / 100,
        graceMinutes: Number(grace),
      },
    };
    const saved = course ? await client.courses.update(course.id, input) : await client.courses.create(input);
    notify(t('courses.saved'));
    onSaved(saved);
  };
  return (
    <RecordForm
      save={save}
      {...(onCancel ? { onCancel } : {})}
      problems={{
        code: code.trim() ? null : t('courses.codeMissing'),
        name: name.trim() ? null : t('courses.nameMissing'),
        late: numberProblem(late, 0, 240),
        share: numberProblem(share, 0, 100),
        grace: numberProblem(grace, 0, 240),
        warn: warn.trim() === '' ? null : numberProblem(warn, 1, 1000),
      }}
    >
      {(problems) => (
        <>
          <TextField label={t('courses.name')} value={name} onValue={setName} problem={problems.name} />
          <div class="form-grid">
            <TextField label={t('courses.code')} value={code} onValue={setCode} problem={problems.code} />
            <TextField label={t('courses.semester')} optional value={semester} onValue={setSemester} />
            <TextField label={t('reports.department')} optional value={department} onValue={setDepartment} />
          </div>
          <h3>{t('courses.rules')}</h3>
          <TextField
            label={t('courses.lateAfter')}
            hint={t('courses.lateAfterHint')}
            value={late}
            onValue={setLate}
            problem={problems.late}
            input={MINUTES}
          />
          <div class="form-grid">
            <TextField
              label={t('courses.minPresence')}
              hint={t('courses.minPresenceHint')}
              value={share}
              onValue={setShare}
              problem={problems.share}
              input={PERCENT}
            />
            <TextField
              label={t('courses.grace')}
              hint={t('courses.graceHint')}
              value={grace}
              onValue={setGrace}
              problem={problems.grace}
              input={MINUTES}
            />
            <SelectField
              label={t('meetings.opens')}
              value={opens}
              onValue={setOpens}
              options={OPENS.map((value) => ({ value, label: t(`meetings.opensBy.${value}`) }))}
            />
            <TextField
              label={t('meetings.warnAfter')}
              hint={t('meetings.warnAfterHint')}
              optional
              value={warn}
              onValue={setWarn}
              problem={problems.warn}
              input={{ type: 'number', inputMode: 'numeric', min: 1, max: 1000 }}
            />
          </div>
        </>
      )}
    </RecordForm>
  );
}
