import type { IconNode } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../../i18n/index.ts';
import { Icon } from '../icon.tsx';

interface GateDoneProps {
  icon: IconNode;
  title: string;
  hint: string;
  children?: ComponentChildren;
}

/** What came of it. It takes the place of a form, so the keyboard and the screen reader are led to it. */
export function GateDone({ icon, title, hint, children }: GateDoneProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, []);
  return (
    <div class="gate-done">
      <span class="glyph">
        <Icon of={icon} size={28} />
      </span>
      <h1 ref={heading} tabindex={-1}>
        {title}
      </h1>
      <p class="muted">{hint}</p>
      {children ?? (
        <p>
          <a class="button primary" href="/">
            {t('gate.backToSignIn')}
          </a>
        </p>
      )}
    </div>
  );
}
