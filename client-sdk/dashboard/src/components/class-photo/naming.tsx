import { CircleCheck, TriangleAlert } from 'lucide';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ClassPhoto, FreshClassPhoto, Student } from '../../../../src/index.ts';
import { clock } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { enrolNamed, giveName, inRows, type Names, type Refusal } from '../../state/class-photo.ts';
import { errorCodeText } from '../../state/errors.ts';
import { keepNames, keptNames } from '../../state/kept-names.ts';
import { useAction } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { Banner, ErrorBanner } from '../feedback.tsx';
import { RemoveButton } from '../remove-button.tsx';
import { FaceRow } from './face-row.tsx';
import { PhotoMap, type Picture } from './photo-map.tsx';
import { RejectedFaces } from './rejected-faces.tsx';
import { rosterOptions } from './roster-options.ts';

interface NamingProps {
  photo: ClassPhoto;
  rejected: FreshClassPhoto['rejected'];
  picture: Picture | null;
  roster: readonly Student[];
  /** Consents and photos may be others than before. */
  onEnrolled(): Promise<void>;
  onAnother(): void;
}

/** The faces of a photo beside the photo, each with a field for its name; then all are enrolled at once. */
export function Naming({ photo, rejected, picture, roster, onEnrolled, onAnother }: NamingProps) {
  const { courseId, photoId } = photo;
  const faces = useMemo(() => inRows(photo.faces), [photo]);
  const students = new Map(roster.map((student) => [student.id, student]));
  const [names, setNames] = useState<Names>(() => keptNames(photoId, faces, students));
  const [enrolled, setEnrolled] = useState<Names>(new Map());
  const [refused, setRefused] = useState<ReadonlyMap<string, Refusal>>(new Map());
  const [chosen, setChosen] = useState<string | null>(null);
  const [said, setSaid] = useState<{ enrolled: number; refused: number } | null>(null);
  const inputs = useRef(new Map<string, HTMLInputElement>());
  const outcome = useRef<HTMLDivElement>(null);
  const submit = useRef<HTMLButtonElement>(null);
  const studentOf = (faceId: string) => students.get(enrolled.get(faceId) ?? names.get(faceId) ?? '') ?? null;
  const indexOf = new Map(faces.map((face, index) => [face.id, index + 1]));
  const left = faces.length - enrolled.size;

  // A keyboard starts with the first face; on a telephone the photo is looked at first.
  useEffect(() => {
    if (!matchMedia('(pointer: fine)').matches) return;
    inputs.current.get(faces[0]?.id ?? '')?.focus({ preventScroll: true });
  }, [photoId]);
  useEffect(() => outcome.current?.focus(), [said]);
  useEffect(() => keepNames(photoId, names), [photoId, names]);

  const action = useAction(async () => {
    const done = await enrolNamed(names, (list) => client.classPhotos.name(courseId, photoId, list));
    setEnrolled(new Map([...enrolled, ...done.enrolled.map((one) => [one.faceId, one.studentId] as const)]));
    setNames(new Map([...names].filter(([faceId]) => done.refused.has(faceId))));
    setRefused(done.refused);
    setSaid({ enrolled: done.enrolled.length, refused: done.refused.size });
    await onEnrolled();
  });
  const name = (faceId: string, studentId: string | null) => {
    setNames(giveName(names, faceId, studentId));
    setRefused(new Map([...refused].filter(([refusedId]) => refusedId !== faceId)));
  };
  const onward = (faceId: string) => {
    const at = faces.findIndex(({ id }) => id === faceId);
    const others = [...faces.slice(at + 1), ...faces.slice(0, at)];
    const next = others.find(({ id }) => !names.has(id) && !enrolled.has(id));
    if (next) inputs.current.get(next.id)?.focus();
    // With the only name there is, the button is enabled a moment later.
    else requestAnimationFrame(() => submit.current?.focus());
  };
  const choose = (faceId: string) => {
    setChosen(faceId);
    document.querySelector(`[data-face="${faceId}"]`)?.scrollIntoView({ block: 'nearest' });
    inputs.current.get(faceId)?.focus();
  };
  const problemOf = (faceId: string): string | null => {
    const refusal = refused.get(faceId);
    if (!refusal) return null;
    const other = students.get(refusal.otherId ?? '');
    if (other) return t('classPhoto.isAnothers', { name: other.name });
    if (refusal.code === 'enrolment-not-found') return t('classPhoto.unenrolled');
    return errorCodeText(refusal.code);
  };
  const stateOf = (faceId: string) =>
    enrolled.has(faceId)
      ? 'enrolled'
      : refused.has(faceId)
        ? 'refused'
        : names.has(faceId)
          ? 'named'
          : 'open';

  return (
    <div class="naming" data-picture={picture !== null}>
      {picture && (
        <div class="naming-photo">
          <PhotoMap
            picture={picture}
            marks={faces.map(({ id, box }) => ({
              ...{ id, box, index: indexOf.get(id) ?? 0 },
              name: studentOf(id)?.name ?? null,
              state: stateOf(id),
            }))}
            rejected={rejected}
            chosen={chosen}
            onChoose={choose}
          />
        </div>
      )}
      <div class="stack">
        {said && (
          <div class="stack tight" ref={outcome} tabindex={-1} role="status">
            {said.enrolled > 0 && (
              <Banner tone="good" icon={CircleCheck}>
                {t('classPhoto.enrolledNow', { count: said.enrolled })}{' '}
                {left === 0 && t('classPhoto.allDone')}
              </Banner>
            )}
            {said.refused > 0 && (
              <Banner tone="warn" icon={TriangleAlert}>
                {t('classPhoto.refusedNow', { count: said.refused })}
              </Banner>
            )}
          </div>
        )}
        <section class="card" aria-labelledby="faces-title">
          <div class="panel-head">
            <div class="grow stack tight">
              <h2 id="faces-title">{t('classPhoto.faces')}</h2>
              <p class="small muted">{t(picture ? 'classPhoto.facesHint' : 'classPhoto.gonePicture')}</p>
            </div>
          </div>
          <ol class="list">
            {faces.map((face, at) => (
              <FaceRow
                key={face.id}
                {...{ courseId, photoId, face, picture }}
                index={at + 1}
                student={studentOf(face.id)}
                enrolled={enrolled.has(face.id)}
                problem={problemOf(face.id)}
                suggested={suggestedFor(face, students, names, enrolled)}
                chosen={face.id === chosen}
                options={() => rosterOptions({ roster, face, names, enrolled, indexOf })}
                onName={(studentId) => name(face.id, studentId)}
                onDone={() => onward(face.id)}
                onFocus={() => setChosen(face.id)}
                inputRef={(element) => {
                  if (element) inputs.current.set(face.id, element);
                  else inputs.current.delete(face.id);
                }}
              />
            ))}
          </ol>
          <div class="naming-foot">
            <ErrorBanner error={action.error} />
            <div class="row wrap">
              <p class="grow small muted tabular" role="status">
                {t('classPhoto.named', { named: names.size + enrolled.size, total: faces.length })}
              </p>
              {left > 0 ? (
                <RemoveButton
                  label={t('classPhoto.forget')}
                  title={t('classPhoto.forgetTitle')}
                  body={t('classPhoto.forgetBody')}
                  remove={async () => {
                    await client.classPhotos.forget(courseId, photoId);
                    keepNames(photoId, new Map());
                    onAnother();
                  }}
                />
              ) : (
                <button type="button" class="button" onClick={onAnother}>
                  {t('classPhoto.another')}
                </button>
              )}
              {left === 0 ? (
                <a class="button primary" href={`/courses/${courseId}`}>
                  {t('classPhoto.back')}
                </a>
              ) : (
                <button
                  type="button"
                  ref={submit}
                  class="button primary"
                  disabled={names.size === 0 || action.busy}
                  onClick={() => action.start()}
                >
                  {action.busy && <span class="spinner" />}
                  {action.busy
                    ? t('classPhoto.enrolling')
                    : names.size > 0
                      ? t('classPhoto.enrol', { count: names.size })
                      : t('classPhoto.enrolNone')}
                </button>
              )}
            </div>
          </div>
        </section>
        {left > 0 && <p class="small muted">{t('classPhoto.keptUntil', { time: clock(photo.expiresAt) })}</p>}
        {picture && rejected.length > 0 && <RejectedFaces faces={rejected} picture={picture} />}
      </div>
    </div>
  );
}

/** Whom the server takes a face for, unless another face has the name by now. */
function suggestedFor(
  face: ClassPhoto['faces'][number],
  students: ReadonlyMap<string, Student>,
  ...given: Names[]
): Student | null {
  const id = face.suggestion?.studentId;
  if (id === undefined || given.some((names) => [...names.values()].includes(id))) return null;
  return students.get(id) ?? null;
}
