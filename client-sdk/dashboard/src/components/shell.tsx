import { LogOut, Settings } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso';
import { chooseLanguage, isLanguage, LANGUAGES, language, t } from '../i18n/index.ts';
import { signOut, tenant, user } from '../state/session.ts';
import { THEMES, theme } from '../state/theme.ts';
import { Bell } from './bell.tsx';
import { Logo } from './icon.tsx';
import { MainNav } from './main-nav.tsx';
import { Menu } from './menu.tsx';
import { Avatar } from './people.tsx';

interface ShellProps {
  /** The way between the areas; that of teachers and administrators where left out. */
  nav?: ComponentChildren;
  children: ComponentChildren;
}

export function Shell({ nav, children }: ShellProps) {
  const logo = tenant.value?.logoUrl;
  return (
    <>
      <a class="skip-link" href="#content">
        {t('app.skip')}
      </a>
      <div class="shell">
        <header class="rail">
          <a class="brand" href="/" aria-label={t('app.name')}>
            {logo ? <img src={logo} alt="" class="brand-logo" /> : <Logo />}
          </a>
          {nav ?? <MainNav />}
          <div class="account">
            <Bell />
            <AccountMenu />
          </div>
        </header>
        <main class="content" id="content" tabindex={-1}>
          {children}
        </main>
      </div>
    </>
  );
}

const THEME_TEXT = {
  system: 'account.themeSystem',
  light: 'account.themeLight',
  dark: 'account.themeDark',
} as const;

function AccountMenu() {
  const { route } = useLocation();
  const name = user.value?.name ?? '';
  return (
    <Menu
      label={`${t('account.menu')}: ${name}`}
      header={
        <div class="menu-label">
          {name}
          <br />
          {tenant.value?.name ?? user.value?.email}
        </div>
      }
      groups={[
        {
          label: t('account.language'),
          entries: Object.entries(LANGUAGES).map(([id, label]) => ({
            id,
            label,
            chosen: id === language.value,
            run: () => {
              if (isLanguage(id)) chooseLanguage(id);
            },
          })),
        },
        {
          label: t('account.theme'),
          entries: THEMES.map((id) => ({
            id,
            label: t(THEME_TEXT[id]),
            chosen: id === theme.value,
            run: () => {
              theme.value = id;
            },
          })),
        },
        {
          entries: [
            { id: 'me', label: t('me.open'), icon: Settings, run: () => route('/account') },
            {
              id: 'out',
              label: t('account.signOut'),
              icon: LogOut,
              run: () => {
                // Whoever signs in next is not led to where this person was.
                void signOut();
                route('/', true);
              },
            },
          ],
        },
      ]}
    >
      <Avatar name={name} />
    </Menu>
  );
}
