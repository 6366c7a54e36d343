import { useEffect } from 'preact/hooks';
import { ChangePassword } from '../components/account/change-password.tsx';
import { Preferences } from '../components/account/preferences.tsx';
import { Profile } from '../components/account/profile.tsx';
import { SecondFactor } from '../components/account/second-factor.tsx';
import { SignIns } from '../components/account/sign-ins.tsx';
import { PageHead } from '../components/page.tsx';
import { t } from '../i18n/index.ts';
import { user } from '../state/session.ts';

export function Account() {
  useEffect(() => {
    // The part that a link names is there only once it has been loaded.
    if (location.hash !== '#notifications') return;
    const observer = new MutationObserver(() => {
      const part = document.getElementById('notifications');
      if (!part) return;
      observer.disconnect();
      part.scrollIntoView();
    });
    observer.observe(document.body, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, []);
  return (
    <div class="page">
      <PageHead title={t('me.title')} lead={user.value?.name} />
      <div class="columns">
        <div class="stack">
          <Profile />
          <ChangePassword />
          <SecondFactor />
        </div>
        <div class="stack">
          <Preferences />
          <SignIns />
        </div>
      </div>
    </div>
  );
}
