/** Left rail, and the bottom bar of narrow screens. Entries exist only for pages that exist. */

import { Link } from '@tanstack/react-router';
import { ArrowLeftRight, ChevronsLeft, ChevronsRight, FileUp, Layers, LayoutDashboard, Settings, type LucideIcon } from 'lucide-react';
import { useState } from 'react';
import { cx } from '@/lib/cx';
import { text } from '@/text';

interface Entry {
  to: '/overview' | '/holdings' | '/transactions' | '/imports' | '/settings';
  label: string;
  icon: LucideIcon;
}

const portfolioEntries: Entry[] = [
  { to: '/overview', label: text.nav.overview, icon: LayoutDashboard },
  { to: '/holdings', label: text.nav.holdings, icon: Layers },
  { to: '/transactions', label: text.nav.transactions, icon: ArrowLeftRight },
  { to: '/imports', label: text.nav.imports, icon: FileUp },
];
const ownEntries: Entry[] = [{ to: '/settings', label: text.nav.settings, icon: Settings }];

const foldedKey = 'dawsos.rail';

function wasFolded(): boolean {
  try {
    return localStorage.getItem(foldedKey) === 'folded';
  } catch {
    return false;
  }
}

export function Logo() {
  return (
    <svg viewBox="0 0 32 32" className="size-7 shrink-0" aria-hidden>
      <rect width="32" height="32" rx="7" fill="var(--raised)" />
      <path d="M7 22.5 12.6 15l4.2 4.2L25 9.5" fill="none" stroke="var(--teal)" strokeWidth="2.6" strokeLinecap="round" strokeLinejoin="round" />
      <circle cx="25" cy="9.5" r="2.3" fill="var(--purple)" />
    </svg>
  );
}

export function Rail() {
  const [chosen, setFolded] = useState(wasFolded);
  function toggle() {
    setFolded(!chosen);
    try {
      localStorage.setItem(foldedKey, chosen ? 'open' : 'folded');
    } catch {
      // Without storage the rail unfolds again on the next visit.
    }
  }
  // Between 768 and 1100 px there is only room for the icons.
  const words = chosen ? 'hidden' : 'hidden min-[1100px]:inline';
  return (
    <nav
      id="navigation"
      aria-label={text.frame.navigation}
      className={cx('no-print sticky top-0 hidden h-dvh shrink-0 flex-col border-r border-soft bg-bg py-3 md:flex', chosen ? 'w-14' : 'w-14 min-[1100px]:w-52')}
    >
      <Link to="/overview" className="mb-4 flex items-center gap-2.5 px-3.5 text-text no-underline" aria-label={text.frame.home}>
        <Logo />
        <span className={cx('text-base font-semibold tracking-tight', words)}>DawsOS</span>
      </Link>
      <p className={cx('px-4 pb-1 text-xs text-muted', words)}>{text.nav.groupPortfolio}</p>
      <ul className="space-y-0.5 px-2">{portfolioEntries.map((entry) => <RailEntry key={entry.to} entry={entry} words={words} />)}</ul>
      <ul className="mt-auto space-y-0.5 px-2">
        {ownEntries.map((entry) => <RailEntry key={entry.to} entry={entry} words={words} />)}
        <li className="max-[1099px]:hidden">
          <button type="button" onClick={toggle} aria-expanded={!chosen} className="flex min-h-9 w-full items-center gap-3 rounded-[6px] px-2.5 text-muted hover:bg-raised hover:text-text">
            {chosen ? <ChevronsRight size={18} aria-hidden /> : <ChevronsLeft size={18} aria-hidden />}
            <span className={chosen ? 'sr-only' : ''}>{chosen ? text.frame.unfold : text.frame.fold}</span>
          </button>
        </li>
      </ul>
    </nav>
  );
}

function RailEntry({ entry, words }: { entry: Entry; words: string }) {
  const Icon = entry.icon;
  return (
    <li>
      <Link
        to={entry.to}
        title={entry.label}
        className="flex min-h-9 items-center gap-3 rounded-[6px] px-2.5 text-muted no-underline hover:bg-raised hover:text-text"
        activeProps={{ className: 'bg-teal-wash !text-teal font-medium' }}
      >
        <Icon size={18} aria-hidden className="shrink-0" />
        <span className={words}>{entry.label}</span>
        <span className={cx('sr-only', words.includes('min-[') ? 'min-[1100px]:hidden' : '')}>{entry.label}</span>
      </Link>
    </li>
  );
}

export function BottomBar() {
  return (
    <nav aria-label={text.frame.navigation} className="no-print fixed inset-x-0 bottom-0 z-30 border-t border-line bg-card pb-[env(safe-area-inset-bottom)] md:hidden">
      <ul className="flex">
        {[...portfolioEntries, ...ownEntries].map((entry) => {
          const Icon = entry.icon;
          return (
            <li key={entry.to} className="min-w-0 flex-1">
              <Link to={entry.to} className="flex min-h-14 flex-col items-center justify-center gap-0.5 text-[0.6875rem] text-muted no-underline" activeProps={{ className: '!text-teal font-medium' }}>
                <Icon size={19} aria-hidden />
                <span className="max-w-full truncate px-0.5">{entry.label}</span>
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
