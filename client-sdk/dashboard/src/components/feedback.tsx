import { CircleAlert, type IconNode, RefreshCw } from 'lucide';
import type { ComponentChildren } from 'preact';
import { t } from '../i18n/index.ts';
import { errorText } from '../state/errors.ts';
import { announcement, dismiss, toasts } from '../state/notices.ts';
import { Icon } from './icon.tsx';

export type Tone = 'good' | 'warn' | 'bad' | 'calm' | 'still' | 'accent';

interface BannerProps {
  tone: Tone;
  icon: IconNode;
  children: ComponentChildren;
  /** `alert` interrupts a screen reader, `status` waits its turn. */
  role?: 'alert' | 'status';
}

export function Banner({ tone, icon, role, children }: BannerProps) {
  return (
    <div class="banner" data-tone={tone} role={role}>
      <Icon of={icon} size={20} />
      <div class="grow">{children}</div>
    </div>
  );
}

interface ErrorBannerProps {
  error: unknown;
  explain?: ((error: unknown) => string) | undefined;
}

export function ErrorBanner({ error, explain = errorText }: ErrorBannerProps) {
  if (!error) return null;
  return (
    <Banner tone="bad" icon={CircleAlert} role="alert">
      {explain(error)}
    </Banner>
  );
}

interface EmptyStateProps {
  icon: IconNode;
  title: string;
  hint?: string;
  children?: ComponentChildren;
}

export function EmptyState({ icon, title, hint, children }: EmptyStateProps) {
  return (
    <div class="empty">
      <span class="glyph">
        <Icon of={icon} size={26} />
      </span>
      <h3>{title}</h3>
      {hint && <p>{hint}</p>}
      {children}
    </div>
  );
}

export function Skeleton({ rows = 4 }: { rows?: number }) {
  return (
    <div class="skeleton" role="status">
      <div class="visually-hidden">{t('app.loading')}</div>
      {Array.from({ length: rows }, (_, index) => (
        // Rows are alike and never change places.
        <span key={index} aria-hidden="true" />
      ))}
    </div>
  );
}

export function LoadFailed({ error, retry }: { error: unknown; retry(): void }) {
  return (
    <div class="card">
      <EmptyState icon={CircleAlert} title={t('app.unavailable')} hint={errorText(error)}>
        <button type="button" class="button" onClick={retry}>
          <Icon of={RefreshCw} />
          {t('app.retry')}
        </button>
      </EmptyState>
    </div>
  );
}

/** Notes and the polite live region; there is one of each for the whole page. */
export function Notices() {
  return (
    <>
      <div class="visually-hidden" aria-live="polite" aria-atomic="true">
        {announcement.value}
      </div>
      <div class="toasts">
        {toasts.value.map((toast) => (
          <div class="toast" key={toast.id}>
            <p>{toast.text}</p>
            {toast.action && (
              <button
                type="button"
                class="button small"
                onClick={() => {
                  dismiss(toast.id);
                  toast.action?.run();
                }}
              >
                {toast.action.label}
              </button>
            )}
          </div>
        ))}
      </div>
    </>
  );
}
