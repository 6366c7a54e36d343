import { Users } from 'lucide';
import type { FreshClassPhoto } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { useAction } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { ErrorBanner } from '../feedback.tsx';
import { FileDrop } from '../file-drop.tsx';

const TIPS = ['front', 'close', 'consent', 'kept'] as const;

interface PhotoUploadProps {
  courseId: string;
  onFound(photo: FreshClassPhoto): Promise<void>;
}

/** Takes a photo of the class; telephones offer their camera as well. */
export function PhotoUpload({ courseId, onFound }: PhotoUploadProps) {
  const action = useAction(async (file: File) =>
    onFound(await client.classPhotos.send(courseId, file, file.name)),
  );
  return (
    <section class="card padded stack" aria-label={t('classPhoto.choose')}>
      <FileDrop
        icon={Users}
        label={t('classPhoto.drop')}
        choose={t(action.busy ? 'classPhoto.looking' : 'classPhoto.choose')}
        accept="image/*"
        primary
        busy={action.busy}
        name="class-photo"
        onFiles={([file]) => {
          if (file) action.start(file);
        }}
      />
      <div class="visually-hidden" role="status">
        {action.busy && t('classPhoto.looking')}
      </div>
      <ErrorBanner error={action.error} />
      <div class="stack tight">
        <h2 class="request-who">{t('classPhoto.tipsTitle')}</h2>
        <ul class="tips">
          {TIPS.map((tip) => (
            <li key={tip}>{t(`classPhoto.tips.${tip}`)}</li>
          ))}
        </ul>
      </div>
    </section>
  );
}
