import { Video } from 'lucide';
import { clock } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { usePolling } from '../../state/polling.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { ErrorBanner } from '../feedback.tsx';
import { Icon } from '../icon.tsx';

const LOOK_EVERY_MS = 30_000;

/** Classes that are held now and take part by camera; nothing where there is none. */
export function RemoteClasses() {
  const classes = useResource(() => client.publishers.remoteClasses(), []);
  usePolling(classes.reload, true, LOOK_EVERY_MS);
  const join = useAction(async (sessionId: string) => {
    const { token } = await client.publishers.addOwn(sessionId);
    location.assign(`/publish?own#${token}`);
  });
  const items = classes.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section class="stack tight" aria-labelledby="remote-title">
      <h2 id="remote-title">{t('publish.remoteTitle')}</h2>
      <ErrorBanner error={join.error} />
      <ul class="card devices">
        {items.map(({ sessionId, course, openedAt }) => (
          <li key={sessionId}>
            <span class="grow">
              <strong>{course.name}</strong>
              <span class="muted small">{t('publish.remoteSince', { time: clock(openedAt) })}</span>
            </span>
            <button
              type="button"
              class="button primary"
              disabled={join.busy}
              aria-label={t('publish.joinName', { course: course.name })}
              onClick={() => join.start(sessionId)}
            >
              <Icon of={Video} />
              {t('publish.join')}
            </button>
          </li>
        ))}
      </ul>
      <p class="muted small">{t('publish.remoteHint')}</p>
    </section>
  );
}
