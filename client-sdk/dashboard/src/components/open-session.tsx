import { ScanEye } from 'lucide';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { Camera, Probe } from '../../../src/index.ts';
import { t } from '../i18n/index.ts';
import { cameraErrorText } from '../state/errors.ts';
import { useAction, useResource } from '../state/resource.ts';
import { client } from '../state/session.ts';
import { Dialog } from './dialog.tsx';
import { ErrorBanner, LoadFailed, Skeleton } from './feedback.tsx';
import { Field } from './field.tsx';
import { Icon } from './icon.tsx';
import { ProbePicture } from './probe-picture.tsx';

async function loadChoices() {
  const [courses, cameras] = await Promise.all([
    client.courses.list({ limit: 200 }),
    client.cameras.list({ limit: 100 }),
  ]);
  return { courses: courses.items, cameras: cameras.items.filter((camera) => camera.enabled) };
}

export function OpenSession({ onClose }: { onClose(): void }) {
  const { data, error, reload } = useResource(loadChoices, []);
  return (
    <Dialog title={t('sessions.openNew')} onClose={onClose} wide>
      {data ? (
        <OpenForm {...data} onClose={onClose} />
      ) : error ? (
        <LoadFailed error={error} retry={reload} />
      ) : (
        <Skeleton rows={3} />
      )}
    </Dialog>
  );
}

type Choices = Awaited<ReturnType<typeof loadChoices>>;

function OpenForm({ courses, cameras, onClose }: Choices & { onClose(): void }) {
  const { route } = useLocation();
  // With one course or one camera there is nothing to choose.
  const [courseId, setCourseId] = useState(courses.length === 1 ? (courses[0]?.id ?? '') : '');
  const [cameraIds, setCameraIds] = useState<string[]>(
    cameras.length === 1 ? cameras.map((camera) => camera.id) : [],
  );
  const [tried, setTried] = useState(false);
  // Where there are cameras, a session without one is an oversight; elsewhere the roll is taken by code or by hand.
  const cameraMissing = cameras.length > 0 && cameraIds.length === 0;
  const course = courses.find((candidate) => candidate.id === courseId);
  const action = useAction(async () => {
    const session = await client.sessions.open({ courseId, cameraIds });
    onClose();
    route(`/sessions/${session.id}`);
  });

  return (
    <form
      class="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (courseId && !cameraMissing) action.start();
      }}
    >
      <Field
        label={t('sessions.course')}
        problem={tried && !courseId ? t('sessions.courseMissing') : null}
        hint={course && enrolledHint(course.students)}
      >
        {(ids) => (
          <select
            {...ids}
            class="input"
            value={courseId}
            onChange={(event) => setCourseId(event.currentTarget.value)}
          >
            <option value="">{t('sessions.chooseCourse')}</option>
            {courses.map((course) => (
              <option key={course.id} value={course.id}>
                {course.code} · {course.name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <fieldset class="choices" aria-describedby="cameras-problem">
        <legend>{t('sessions.cameras')}</legend>
        <p class="small muted">{t(cameras.length > 0 ? 'sessions.camerasHint' : 'qr.withoutCameraHint')}</p>
        {cameras.map((camera) => (
          <CameraChoice
            key={camera.id}
            camera={camera}
            chosen={cameraIds.includes(camera.id)}
            onChoose={(chosen) =>
              setCameraIds(chosen ? [...cameraIds, camera.id] : cameraIds.filter((id) => id !== camera.id))
            }
          />
        ))}
        <p id="cameras-problem" class="field">
          {tried && cameraMissing && <span class="problem">{t('sessions.cameraMissing')}</span>}
        </p>
      </fieldset>
      <ErrorBanner error={action.error} />
      <div class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          {t('app.cancel')}
        </button>
        <button type="submit" class="button primary" disabled={action.busy}>
          {action.busy && <span class="spinner" />}
          {action.busy ? t('sessions.opening') : t('sessions.openNew')}
        </button>
      </div>
    </form>
  );
}

function enrolledHint(count: number): string {
  return count === 0 ? t('sessions.noStudents') : t('sessions.expected', { count });
}

interface CameraChoiceProps {
  camera: Camera;
  chosen: boolean;
  onChoose(chosen: boolean): void;
}

function CameraChoice({ camera, chosen, onChoose }: CameraChoiceProps) {
  const [answer, setAnswer] = useState<Probe | null>(null);
  const probe = useAction(async () => {
    setAnswer(null);
    setAnswer(await client.cameras.probe(camera.id));
  });
  return (
    <div class="choice">
      <div class="row">
        <input
          type="checkbox"
          id={`camera-${camera.id}`}
          checked={chosen}
          onChange={(event) => onChoose(event.currentTarget.checked)}
        />
        <label for={`camera-${camera.id}`}>
          {camera.name} {camera.room && <span class="muted">· {camera.room}</span>}
        </label>
        <button type="button" class="button small" disabled={probe.busy} onClick={() => probe.start()}>
          {probe.busy ? <span class="spinner" /> : <Icon of={ScanEye} size={16} />}
          {probe.busy ? t('sessions.testing') : t('sessions.testCamera')}
        </button>
      </div>
      <div role="status">
        {probe.error ? <p class="problem">{cameraErrorText(probe.error)}</p> : null}
        {answer && <ProbePicture probe={answer} name={camera.name} />}
      </div>
    </div>
  );
}
