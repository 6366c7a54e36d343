import { BookOpen, Building2, CalendarCheck, Cctv, ChartColumn, Ellipsis, Film, Inbox, Users } from 'lucide';
import { useLocation } from 'preact-iso';
import { t } from '../i18n/index.ts';
import { canManage } from '../state/session.ts';
import { Icon } from './icon.tsx';
import { Menu } from './menu.tsx';

const PAGES = [
  { href: '/', text: 'nav.sessions', icon: CalendarCheck, owns: /^\/($|sessions)/ },
  { href: '/students', text: 'nav.students', icon: Users, owns: /^\/students/ },
  { href: '/courses', text: 'nav.courses', icon: BookOpen, owns: /^\/courses/ },
  { href: '/cameras', text: 'nav.cameras', icon: Cctv, owns: /^\/cameras/ },
  { href: '/recordings', text: 'nav.recordings', icon: Film, owns: /^\/recordings/ },
  { href: '/reports', text: 'nav.reports', icon: ChartColumn, owns: /^\/reports/ },
  { href: '/requests', text: 'nav.requests', icon: Inbox, owns: /^\/requests/ },
  { href: '/institution', text: 'nav.institution', icon: Building2, owns: /^\/institution/, manage: true },
] as const;

/** A telephone has room for these beside the account; the others are in the menu that ends the line. */
const FIRST = new Set<string>(['/', '/students', '/reports']);

/** The way between the areas for teachers and administrators. */
export function MainNav() {
  const { path, route } = useLocation();
  const pages = PAGES.filter((page) => !('manage' in page) || canManage.value);
  const extra = pages.filter((page) => !FIRST.has(page.href));
  return (
    <nav aria-label={t('app.nav')}>
      <ul>
        {pages.map((page) => (
          <li key={page.href} class={FIRST.has(page.href) ? undefined : 'extra'}>
            <a href={page.href} aria-current={page.owns.test(path) ? 'page' : undefined}>
              <Icon of={page.icon} size={20} />
              {t(page.text)}
            </a>
          </li>
        ))}
        <li class="more">
          <Menu
            label={t('nav.more')}
            class="more-button"
            groups={[
              {
                entries: extra.map((page) => ({
                  id: page.href,
                  label: t(page.text),
                  icon: page.icon,
                  run: () => route(page.href),
                })),
              },
            ]}
          >
            <Icon of={Ellipsis} size={20} />
            {t('nav.more')}
          </Menu>
        </li>
      </ul>
    </nav>
  );
}
