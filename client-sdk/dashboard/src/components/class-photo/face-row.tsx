import { CircleAlert, CircleCheck, Sparkles, X } from 'lucide';
import { useId } from 'preact/hooks';
import type { ProposedFace, Student } from '../../../../src/index.ts';
import { percent } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { isWeak } from '../../state/class-photo.ts';
import { client } from '../../state/session.ts';
import { BlobPicture } from '../blob-picture.tsx';
import { Combobox, type ComboOption } from '../combobox.tsx';
import { Icon } from '../icon.tsx';
import { FaceCrop, type Picture } from './photo-map.tsx';

interface FaceRowProps {
  courseId: string;
  photoId: string;
  face: ProposedFace;
  index: number;
  /** Null after the page was loaded anew: the faces come one by one then. */
  picture: Picture | null;
  student: Student | null;
  enrolled: boolean;
  problem: string | null;
  suggested: Student | null;
  chosen: boolean;
  options(): readonly ComboOption[];
  onName(studentId: string | null): void;
  onDone(): void;
  onFocus(): void;
  inputRef(element: HTMLInputElement | null): void;
}

/** One face with the field for its name, and what there is to say about it. */
export function FaceRow(props: FaceRowProps) {
  const { face, index, student, suggested, problem, enrolled } = props;
  const id = useId();
  return (
    <li class="face-row" data-chosen={props.chosen} data-face={face.id}>
      <FacePicture {...props} />
      <div class="stack tight">
        {enrolled && student ? (
          <p class="row">
            <span class="face-index">{index}</span>
            <a class="grow" href={`/students/${student.id}`}>
              {student.name}
            </a>
            <span class="chip" data-tone="good">
              <Icon of={CircleCheck} size={14} />
              {t('classPhoto.enrolled')}
            </span>
          </p>
        ) : (
          <div class="row">
            <span class="face-index" aria-hidden="true">
              {index}
            </span>
            <Combobox
              label={t('classPhoto.who', { index })}
              shown={student?.name ?? ''}
              placeholder={t('classPhoto.whoPlaceholder')}
              options={props.options}
              onChoose={props.onName}
              onDone={props.onDone}
              onFocus={props.onFocus}
              nothing={t('classPhoto.nobodyFound')}
              more={t('classPhoto.keepTyping')}
              invalid={problem !== null}
              describedBy={problem ? id : undefined}
              inputRef={props.inputRef}
            />
            {student && (
              <button
                type="button"
                class="button quiet icon small"
                aria-label={t('classPhoto.takeName', { index })}
                onClick={() => props.onName(null)}
              >
                <Icon of={X} size={16} />
              </button>
            )}
          </div>
        )}
        {problem && (
          <p class="problem face-note" id={id}>
            <Icon of={CircleAlert} size={15} />
            {problem}
          </p>
        )}
        <p class="row wrap small muted tabular face-note">
          {t('students.quality', { value: percent(face.quality) })} ·{' '}
          {t('classPhoto.sizePx', { px: face.facePx })}
          {isWeak(face) && (
            <span class="chip" data-tone="warn">
              {t('classPhoto.weak')}
            </span>
          )}
        </p>
        {suggested && !student && (
          <p class="row wrap small face-note">
            {t(face.suggestion?.verdict === 'sure' ? 'classPhoto.looksSure' : 'classPhoto.looksReview', {
              name: suggested.name,
            })}
            <button type="button" class="button small" onClick={() => props.onName(suggested.id)}>
              <Icon of={Sparkles} size={15} />
              {t('classPhoto.useSuggestion', { name: suggested.name })}
            </button>
          </p>
        )}
      </div>
    </li>
  );
}

function FacePicture({ courseId, photoId, face, picture, index, student }: FaceRowProps) {
  const label = t('classPhoto.faceOf', { index });
  if (picture) return <FaceCrop picture={picture} box={face.box} label={label} />;
  return (
    <BlobPicture
      of={face.id}
      load={() => client.classPhotos.face(courseId, photoId, face.id)}
      label={student?.name ?? label}
      missing={t('cameras.noSnapshot')}
    />
  );
}
