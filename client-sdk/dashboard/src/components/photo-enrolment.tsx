import { CircleAlert, CircleCheck, ImageUp, Trash2 } from 'lucide';
import { useState } from 'preact/hooks';
import type { Student } from '../../../src/index.ts';
import { date, percent } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { errorText } from '../state/errors.ts';
import { useAction, useResource } from '../state/resource.ts';
import { client } from '../state/session.ts';
import { BlobPicture } from './blob-picture.tsx';
import { Banner, ErrorBanner } from './feedback.tsx';
import { FileDrop } from './file-drop.tsx';
import { Icon } from './icon.tsx';

interface PhotoEnrolmentProps {
  student: Student;
  onChanged(): Promise<void>;
}

interface Outcome {
  file: string;
  problem: string | null;
}

/** Photos of one student; each file is sent by itself, so that one bad photo does not lose the good ones. */
export function PhotoEnrolment({ student, onChanged }: PhotoEnrolmentProps) {
  const allowed = student.consents.face;
  const templates = useResource(
    () => client.students.faces(student.id).then((answer) => answer.templates),
    [student.id, student.faceTemplates, allowed],
  );
  const removal = useAction(async (templateId: string) => {
    await client.students.removeFace(student.id, templateId);
    await onChanged();
  });
  return (
    <section class="card padded stack" aria-labelledby="photos-title">
      <div class="stack tight">
        <h2 id="photos-title">{t('students.photosTitle')}</h2>
        <p class="small muted">{t('students.photosHint')}</p>
      </div>
      {templates.data && templates.data.length > 0 && (
        <ul class="photos">
          {templates.data.map((template) => (
            <li class="photo tabular" key={template.id}>
              <BlobPicture
                of={template.id}
                load={() => client.students.thumbnail(student.id, template.id)}
                label={t('students.photoOf', { name: student.name })}
                missing={t('cameras.noSnapshot')}
              />
              <span>{t('students.quality', { value: percent(template.quality) })}</span>
              <span>{date(template.createdAt)}</span>
              {!template.current && (
                <span>
                  <span class="chip" data-tone="warn">
                    {t('students.outdated')}
                  </span>
                </span>
              )}
              <button
                type="button"
                class="button icon small"
                aria-label={t('students.removePhoto')}
                disabled={removal.busy}
                onClick={() => removal.start(template.id)}
              >
                <Icon of={Trash2} size={16} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <ErrorBanner error={templates.error ?? removal.error} />
      {allowed ? (
        <PhotoUpload student={student} onChanged={onChanged} />
      ) : (
        <Banner tone="still" icon={CircleAlert}>
          {t('students.needConsent')}
        </Banner>
      )}
    </section>
  );
}

function PhotoUpload({ student, onChanged }: PhotoEnrolmentProps) {
  const [sending, setSending] = useState<string | null>(null);
  const [outcomes, setOutcomes] = useState<Outcome[]>([]);

  const send = async (files: File[]) => {
    const done: Outcome[] = [];
    setOutcomes([]);
    for (const file of files) {
      setSending(file.name);
      let problem: string | null = null;
      try {
        await client.students.enrolFace(student.id, file, file.name);
      } catch (error) {
        problem = errorText(error);
      }
      done.push({ file: file.name, problem });
      setOutcomes([...done]);
    }
    setSending(null);
    if (done.some((outcome) => !outcome.problem)) await onChanged();
  };

  return (
    <>
      <FileDrop
        icon={ImageUp}
        label={t('students.drop')}
        choose={t('students.upload')}
        accept="image/*"
        multiple
        busy={sending !== null}
        name="photos"
        onFiles={send}
      />
      <div class="stack tight" role="status">
        {outcomes.map((outcome) => (
          <Banner
            key={outcome.file}
            tone={outcome.problem ? 'bad' : 'good'}
            icon={outcome.problem ? CircleAlert : CircleCheck}
          >
            {outcome.problem ? (
              <>
                <strong>{outcome.file}</strong> {outcome.problem}
              </>
            ) : (
              t('students.uploaded', { name: outcome.file })
            )}
          </Banner>
        ))}
        {sending && (
          <p class="row muted">
            <span class="spinner" />
            {t('students.uploading', { name: sending })}
          </p>
        )}
      </div>
    </>
  );
}
