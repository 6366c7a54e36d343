import { CircleCheck, CircleX, type IconNode, MapPin, QrCode, RefreshCw, UserX } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../components/icon.tsx';
import { useTitle } from '../components/page.tsx';
import { clock } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { errorText } from '../state/errors.ts';
import { useLinkToken } from '../state/link-token.ts';
import { useScan } from '../state/scan.ts';
import { user } from '../state/session.ts';

/** Where the code on the screen leads: the student who opens it is marked. */
export function Scan() {
  useTitle(t('scan.title'));
  const { token } = useLinkToken();
  const isStudent = user.value?.role === 'student';
  return (
    <div class="page">
      {!isStudent ? (
        <Card
          icon={UserX}
          title={t('scan.staff')}
          hint={t('scan.staffHint', { name: user.value?.name ?? '' })}
        />
      ) : token ? (
        <Marking code={token} />
      ) : (
        <Card icon={QrCode} title={t('scan.noCode')} hint={t('scan.noCodeHint')} />
      )}
    </div>
  );
}

function Marking({ code }: { code: string }) {
  const { state, retry, sharePlace } = useScan(code);
  switch (state.step) {
    case 'sending':
    case 'locating':
      return (
        <div class="card scan-card" role="status">
          <span class="spinner" />
          <h1>{t(state.step === 'sending' ? 'scan.working' : 'scan.placeAsking')}</h1>
        </div>
      );
    case 'place':
      return (
        <Card icon={MapPin} title={t('scan.place')} hint={t('scan.placeHint')}>
          <button type="button" class="button primary" onClick={sharePlace}>
            <Icon of={MapPin} />
            {t('scan.placeShare')}
          </button>
          <p class="small muted">{t('scan.byHand')}</p>
        </Card>
      );
    case 'no-place':
      return (
        <Card
          icon={MapPin}
          tone="bad"
          title={t(state.denied ? 'scan.placeDenied' : 'scan.placeUnavailable')}
          hint={t(state.denied ? 'scan.placeDeniedHint' : 'scan.placeUnavailableHint')}
        >
          <Again onClick={sharePlace} />
        </Card>
      );
    case 'done': {
      const time = clock(state.record.firstSeenAt ?? Date.now());
      return (
        <Card
          icon={CircleCheck}
          tone="good"
          title={t('scan.done', { status: t(`status.${state.record.status}`) })}
          hint={
            state.course ? t('scan.doneHint', { course: state.course, time }) : t('scan.doneAt', { time })
          }
        >
          <a class="button" href="/">
            {t('scan.seeAttendance')}
          </a>
        </Card>
      );
    }
    case 'failed':
      return (
        <Card
          icon={CircleX}
          tone="bad"
          title={errorText(state.error)}
          hint={state.scanAgain ? t('scan.again') : t('scan.byHand')}
        >
          {!state.scanAgain && <Again onClick={retry} />}
        </Card>
      );
  }
}

function Again({ onClick }: { onClick(): void }) {
  return (
    <button type="button" class="button" onClick={onClick}>
      <Icon of={RefreshCw} />
      {t('scan.retry')}
    </button>
  );
}

interface CardProps {
  icon: IconNode;
  title: string;
  hint: string;
  tone?: 'good' | 'bad';
  children?: ComponentChildren;
}

/** One thing said large, which the keyboard and the screen reader are led to. */
function Card({ icon, title, hint, tone, children }: CardProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, [title]);
  return (
    <div class="card scan-card" data-tone={tone}>
      <span class="glyph">
        <Icon of={icon} size={32} />
      </span>
      <h1 ref={heading} tabindex={-1}>
        {title}
      </h1>
      <p class="muted">{hint}</p>
      {children}
    </div>
  );
}
