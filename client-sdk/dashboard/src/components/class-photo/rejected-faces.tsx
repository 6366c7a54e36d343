import type { FreshClassPhoto } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { FaceCrop, type Picture } from './photo-map.tsx';

interface RejectedFacesProps {
  faces: FreshClassPhoto['rejected'];
  picture: Picture;
}

/** Faces that make no template, each with what to do better. */
export function RejectedFaces({ faces, picture }: RejectedFacesProps) {
  return (
    <section class="card padded stack" aria-labelledby="rejected-title">
      <div class="stack tight">
        <h2 id="rejected-title">
          {t('classPhoto.rejected')} <span class="muted">{faces.length}</span>
        </h2>
        <p class="small muted">{t('classPhoto.rejectedHint')}</p>
      </div>
      <ul class="rejected-faces">
        {faces.map(({ box, problem }) => (
          <li key={box.join()} class="row">
            <FaceCrop picture={picture} box={box} label={t(`classPhoto.problem.${problem}`)} />
            <span class="small">{t(`classPhoto.problem.${problem}`)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
