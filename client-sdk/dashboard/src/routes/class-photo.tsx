import { CircleAlert, ScanFace, TriangleAlert, Users } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { ApiError, type FreshClassPhoto, type Student } from '../../../src/index.ts';
import { Naming } from '../components/class-photo/naming.tsx';
import type { Picture } from '../components/class-photo/photo-map.tsx';
import { PhotoUpload } from '../components/class-photo/photo-upload.tsx';
import { RejectedFaces } from '../components/class-photo/rejected-faces.tsx';
import { Banner, EmptyState, LoadFailed, Skeleton } from '../components/feedback.tsx';
import { PageHead } from '../components/page.tsx';
import { pictureOf } from '../components/probe-picture.tsx';
import { t } from '../i18n/index.ts';
import { obstacle } from '../state/class-photo.ts';
import { useResource } from '../state/resource.ts';
import { client } from '../state/session.ts';

interface Fresh {
  photo: FreshClassPhoto;
  picture: Picture;
}

/** A class enrolled from one photo. Loaded anew, the page goes on with the faces that nobody has named. */
export function ClassPhotoPage() {
  const { params } = useRoute();
  const { query, route } = useLocation();
  const id = params.id ?? '';
  const course = useResource(() => client.courses.get(id), [id]);
  const roster = useResource(() => wholeRoster(id), [id]);
  const [fresh, setFresh] = useState<Fresh | null>(null);
  const wanted = query.photo || null;
  const held = useResource(
    async () => (wanted && wanted !== fresh?.photo.photoId ? client.classPhotos.get(id, wanted) : null),
    [id, wanted],
  );
  useEffect(() => () => fresh?.picture.bitmap.close(), [fresh]);

  const found = async (photo: FreshClassPhoto) => {
    const bitmap = await createImageBitmap(pictureOf(photo.picture));
    setFresh({ photo, picture: { bitmap, width: photo.width, height: photo.height } });
    if (photo.faces.length > 0) route(`/courses/${id}/class-photo?photo=${photo.photoId}`, true);
  };
  const another = () => {
    setFresh(null);
    route(`/courses/${id}/class-photo`, true);
  };

  const error = course.error ?? roster.error;
  const photo = fresh?.photo ?? (held.data?.photoId === wanted ? held.data : null);
  const waits = !course.data || !roster.data || (wanted !== null && !photo && held.loading);
  return (
    <div class="page wide">
      <PageHead
        title={t('classPhoto.title')}
        lead={course.data ? `${course.data.code} · ${course.data.name}` : t('classPhoto.lead')}
      >
        <a class="button" href={`/courses/${id}`}>
          {t('classPhoto.back')}
        </a>
      </PageHead>
      {waits ? (
        error ? (
          <LoadFailed
            error={error}
            retry={() => {
              course.reload();
              roster.reload();
            }}
          />
        ) : (
          <Skeleton />
        )
      ) : roster.data?.length === 0 ? (
        <div class="card">
          <EmptyState
            icon={Users}
            title={t('classPhoto.nobodyEnrolled')}
            hint={t('classPhoto.nobodyEnrolledHint')}
          />
        </div>
      ) : photo && photo.faces.length > 0 ? (
        <>
          <WithoutConsent roster={roster.data ?? []} />
          <Naming
            key={photo.photoId}
            photo={photo}
            rejected={fresh?.photo.rejected ?? []}
            picture={fresh?.picture ?? null}
            roster={roster.data ?? []}
            onEnrolled={roster.reload}
            onAnother={another}
          />
        </>
      ) : (
        <>
          {held.error && wanted ? <Gone error={held.error} retry={held.reload} /> : null}
          {fresh && <NoFaces fresh={fresh} />}
          <WithoutConsent roster={roster.data ?? []} />
          <PhotoUpload courseId={id} onFound={found} />
        </>
      )}
    </div>
  );
}

/** Said plainly and before anybody looks for them in a list: whom the photo will not enrol. */
function WithoutConsent({ roster }: { roster: readonly Student[] }) {
  const without = roster.filter((student) => obstacle(student) === 'noConsent');
  if (without.length === 0) return null;
  return (
    <Banner tone="still" icon={CircleAlert}>
      <details class="without-consent" open={without.length <= 5}>
        <summary>{t('classPhoto.withoutConsent', { count: without.length })}</summary>
        <ul class="row wrap">
          {without.map((student) => (
            <li key={student.id}>
              <a class="target" href={`/students/${student.id}`}>
                {student.name}
              </a>
            </li>
          ))}
        </ul>
      </details>
    </Banner>
  );
}

function NoFaces({ fresh: { photo, picture } }: { fresh: Fresh }) {
  if (photo.rejected.length > 0) return <RejectedFaces faces={photo.rejected} picture={picture} />;
  return (
    <div class="card" role="status">
      <EmptyState icon={ScanFace} title={t('classPhoto.noFaces')} hint={t('classPhoto.noFacesHint')} />
    </div>
  );
}

/** After an hour, or when all were named, there is nothing to go on with. */
function Gone({ error, retry }: { error: unknown; retry(): void }) {
  if (!(error instanceof ApiError) || error.status !== 404) return <LoadFailed error={error} retry={retry} />;
  return (
    <Banner tone="warn" icon={TriangleAlert} role="status">
      {t('error.class-photo-not-found')}
    </Banner>
  );
}

const PAGE = 500;

/** Everybody on the roll: a name is chosen out of all of them. */
async function wholeRoster(courseId: string): Promise<Student[]> {
  const students: Student[] = [];
  for (;;) {
    const page = await client.students.list({ courseId, skip: students.length, limit: PAGE, sort: 'name' });
    students.push(...page.items);
    if (page.items.length === 0 || students.length >= page.total) return students;
  }
}
