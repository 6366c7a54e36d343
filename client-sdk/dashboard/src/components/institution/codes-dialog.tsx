import { useState } from 'preact/hooks';
import type { FreshActivationCode, NewActivationCodes } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { Dialog } from '../dialog.tsx';
import { TextField } from '../field.tsx';
import { RecordForm } from '../record-form.tsx';
import { SelectField } from '../select-field.tsx';

interface CodesDialogProps {
  onClose(): void;
  onMade(codes: FreshActivationCode[]): Promise<void>;
}

const ROLES: NewActivationCodes['role'][] = ['student', 'teacher', 'admin'];
const KINDS = ['each', 'several', 'shared'] as const;
const AT_MOST = { each: 500, several: 500, shared: 1000 } as const;
const COURSES_AT_MOST = 200;
const STUDENTS_AT_MOST = 200;

/** One code for each student of a course, several for one use each, or one that a whole class shares. */
export function CodesDialog({ onClose, onMade }: CodesDialogProps) {
  const [role, setRole] = useState<NewActivationCodes['role']>('student');
  const [kind, setKind] = useState<(typeof KINDS)[number]>('several');
  const [count, setCount] = useState('30');
  const [courseId, setCourseId] = useState('');
  const [label, setLabel] = useState('');
  const [days, setDays] = useState('30');
  const courses = useResource(() => client.courses.list({ limit: COURSES_AT_MOST, sort: 'name' }), []);
  const number = (text: string, max: number) => {
    const value = Number(text);
    return Number.isInteger(value) && value >= 1 && value <= max
      ? null
      : t('courses.invalidNumber', { min: 1, max });
  };
  const each = role === 'student' && kind === 'each';
  return (
    <Dialog title={t('codes.add')} onClose={onClose}>
      <RecordForm
        submit={t('codes.make')}
        onCancel={onClose}
        problems={{
          count: each ? null : number(count, AT_MOST[kind]),
          days: number(days, 365),
          course: each && !courseId ? t('sessions.courseMissing') : null,
        }}
        save={async () => {
          const { codes } = await client.codes.create({
            role,
            ...(each
              ? { studentIds: await studentsOf(courseId) }
              : kind === 'shared'
                ? { maxUses: Number(count) }
                : { count: Number(count) }),
            ...(courseId && role === 'student' ? { courseId } : {}),
            ...(label.trim() ? { label: label.trim() } : {}),
            expiresInDays: Number(days),
          });
          await onMade(codes);
        }}
      >
        {(problems) => (
          <>
            <div class="form-grid">
              <SelectField
                label={t('accounts.role')}
                value={role}
                onValue={setRole}
                options={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
              />
              <SelectField
                label={t('codes.kind')}
                value={kind}
                onValue={setKind}
                options={KINDS.filter((value) => value !== 'each' || role === 'student').map((value) => ({
                  value,
                  label: t(`codes.kinds.${value}`),
                }))}
              />
            </div>
            {role === 'student' && (
              <SelectField
                label={t('sessions.course')}
                hint={t('codes.courseHint')}
                value={courseId}
                onValue={setCourseId}
                problem={problems.course}
                options={[
                  { value: '', label: t('codes.noCourse') },
                  ...(courses.data?.items ?? []).map((course) => ({
                    value: course.id,
                    label: `${course.code} · ${course.name}`,
                  })),
                ]}
              />
            )}
            <div class="form-grid">
              {!each && (
                <TextField
                  label={t(kind === 'shared' ? 'codes.maxUses' : 'codes.count')}
                  value={count}
                  onValue={setCount}
                  problem={problems.count}
                  input={{ type: 'number', inputMode: 'numeric', min: 1, max: AT_MOST[kind] }}
                />
              )}
              <TextField
                label={t('codes.days')}
                value={days}
                onValue={setDays}
                problem={problems.days}
                input={{ type: 'number', inputMode: 'numeric', min: 1, max: 365 }}
              />
            </div>
            <TextField
              label={t('codes.label')}
              hint={t('codes.labelHint')}
              optional
              value={label}
              onValue={setLabel}
              input={{ maxLength: 100 }}
            />
          </>
        )}
      </RecordForm>
    </Dialog>
  );
}

async function studentsOf(courseId: string): Promise<string[]> {
  const ids: string[] = [];
  let total = 1;
  while (ids.length < Math.min(total, AT_MOST.each)) {
    const page = await client.students.list({ courseId, skip: ids.length, limit: STUDENTS_AT_MOST });
    if (page.items.length === 0) break;
    total = page.total;
    ids.push(...page.items.map((student) => student.id));
  }
  return ids;
}
