import type { IconNode } from 'lucide';
import { BookOpen, CalendarCheck, Cctv, Check, Plus, Users } from 'lucide';
import { useState } from 'preact/hooks';
import type { ClassSession } from '../../../src/index.ts';
import { EmptyState, LoadFailed, Skeleton } from '../components/feedback.tsx';
import { Icon } from '../components/icon.tsx';
import { OpenSession } from '../components/open-session.tsx';
import { PageHead } from '../components/page.tsx';
import { clock, dateTime } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { useResource } from '../state/resource.ts';
import { canManage, client } from '../state/session.ts';

/** How many of each there are decides whether a session can be opened or something must be set up first. */
async function loadOverview() {
  const [open, closed, courses, cameras, students] = await Promise.all([
    client.sessions.list({ status: 'open', limit: 50 }),
    client.sessions.list({ status: 'closed', limit: 6 }),
    client.courses.list({ limit: 1 }),
    client.cameras.list({ limit: 1 }),
    client.students.list({ limit: 1 }),
  ]);
  return {
    open: open.items,
    closed: closed.items,
    has: { courses: courses.total > 0, cameras: cameras.total > 0, students: students.total > 0 },
  };
}

export function Sessions() {
  const { data, error, reload } = useResource(loadOverview, []);
  const [opening, setOpening] = useState(false);
  const ready = data?.has.courses && data.has.cameras;
  return (
    <div class="page">
      <PageHead title={t('sessions.title')} lead={t('sessions.lead')}>
        {ready && (
          <button type="button" class="button primary" onClick={() => setOpening(true)}>
            <Icon of={Plus} />
            {t('sessions.openNew')}
          </button>
        )}
      </PageHead>
      {!data && (error ? <LoadFailed error={error} retry={reload} /> : <Skeleton />)}
      {data && !ready && <SetUp has={data.has} />}
      {data && !ready && data.has.courses && (
        <div class="row wrap">
          <button type="button" class="button" onClick={() => setOpening(true)}>
            <Icon of={Plus} />
            {t('qr.withoutCamera')}
          </button>
          <span class="small muted">{t('qr.withoutCameraHint')}</span>
        </div>
      )}
      {/* The schedule opens sessions too, also where there is no camera. */}
      {data && (ready || data.open.length > 0) && (
        <section class="stack" aria-labelledby="open-title">
          <h2 id="open-title">{t('sessions.open')}</h2>
          {data.open.length === 0 ? (
            <div class="card">
              <EmptyState icon={CalendarCheck} title={t('sessions.none')} hint={t('sessions.noneHint')}>
                <button type="button" class="button primary" onClick={() => setOpening(true)}>
                  <Icon of={Plus} />
                  {t('sessions.openNew')}
                </button>
              </EmptyState>
            </div>
          ) : (
            <ul class="session-grid">
              {data.open.map((session) => (
                <SessionCard key={session.id} session={session} />
              ))}
            </ul>
          )}
        </section>
      )}
      {data && data.closed.length > 0 && (
        <section class="stack" aria-labelledby="closed-title">
          <h2 id="closed-title">{t('sessions.past')}</h2>
          <ul class="session-grid">
            {data.closed.map((session) => (
              <SessionCard key={session.id} session={session} />
            ))}
          </ul>
        </section>
      )}
      {opening && <OpenSession onClose={() => setOpening(false)} />}
    </div>
  );
}

function SessionCard({ session }: { session: ClassSession }) {
  const { counts, course } = session;
  const total = counts.present + counts.late + counts.excused + counts.absent + counts.pending;
  const since = clock(session.openedAt ?? session.startsAt);
  return (
    <li class="card session-card">
      <div class="row">
        <div class="grow">
          <h3>
            <a href={`/sessions/${session.id}`} aria-label={t('sessions.enter', { course: course.name })}>
              {course.name}
            </a>
          </h3>
          <p class="small muted">
            {course.code} ·{' '}
            {session.closedAt
              ? t('sessions.closedAt', { time: dateTime(session.closedAt) })
              : t('sessions.since', { time: since })}
          </p>
        </div>
        {session.status === 'open' && counts.review > 0 && (
          <span class="chip" data-tone="warn">
            {t('sessions.toReview', { count: counts.review })}
          </span>
        )}
      </div>
      <div class="stack tight">
        <div class="meter" aria-hidden="true">
          {(['present', 'late', 'excused', 'absent'] as const).map((status) => (
            <span
              key={status}
              class={status}
              style={{ width: `${(100 * counts[status]) / Math.max(1, total)}%` }}
            />
          ))}
        </div>
        <p class="small muted tabular">
          {t('sessions.presentOf', { present: counts.present + counts.late, total })}
        </p>
      </div>
    </li>
  );
}

interface Step {
  done: boolean;
  icon: IconNode;
  title: string;
  hint: string;
  href: string;
  action: string;
}

/** An empty system leads to its first session in three steps. */
function SetUp({ has }: { has: { students: boolean; courses: boolean; cameras: boolean } }) {
  if (!canManage.value) {
    return (
      <div class="card">
        <EmptyState icon={CalendarCheck} title={t('sessions.none')} hint={t('sessions.askAdmin')} />
      </div>
    );
  }
  const steps: Step[] = [
    {
      done: has.students,
      icon: Users,
      title: t('sessions.needStudents'),
      hint: t('students.noneHint'),
      href: '/students',
      action: t('students.add'),
    },
    {
      done: has.courses,
      icon: BookOpen,
      title: t('sessions.needCourse'),
      hint: t('sessions.needCourseHint'),
      href: '/courses',
      action: t('sessions.addCourse'),
    },
    {
      done: has.cameras,
      icon: Cctv,
      title: t('sessions.needCamera'),
      hint: t('sessions.needCameraHint'),
      href: '/cameras',
      action: t('sessions.addCamera'),
    },
  ];
  const next = steps.findIndex((step) => !step.done);
  return (
    <section class="stack" aria-labelledby="setup-title">
      <h2 id="setup-title">{t('sessions.setUp')}</h2>
      <ol class="steps">
        {steps.map((step, index) => (
          <li class="card" key={step.href}>
            <span class="chip" data-tone={step.done ? 'good' : 'accent'}>
              <Icon of={step.done ? Check : step.icon} size={14} />
              {step.done ? t('sessions.done') : t('sessions.step', { number: index + 1 })}
            </span>
            <h3>{step.title}</h3>
            <p class="small">{step.hint}</p>
            {!step.done && (
              <a class={index === next ? 'button primary' : 'button'} href={step.href}>
                {step.action}
              </a>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
