/** Portfolio switcher, date, privacy and user menu. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Check, ChevronDown, Eye, EyeOff, LogOut, Plus, Settings } from 'lucide-react';
import { post } from '@/api/client';
import { portfoliosQuery } from '@/api/queries';
import type { Portfolio } from '@/api/types';
import { IconButton } from '@/components/Button';
import { Menu, MenuItem, MenuLabel, MenuRadio, MenuSeparator } from '@/components/Menu';
import { useAppearance, type Theme } from '@/lib/appearance';
import { useDisplay } from '@/lib/display';
import { announceSignOut } from '@/queryClient';
import { text } from '@/text';
import { AsOfPicker } from './AsOfPicker';
import { useMay, useSession } from './scope';

export function TopBar({ portfolio }: { portfolio: Portfolio | undefined }) {
  return (
    <header className="no-print sticky top-0 z-20 flex h-13 items-center gap-2 border-b border-soft bg-bg px-4 md:px-6">
      <PortfolioSwitcher portfolio={portfolio} />
      {portfolio && <AsOfPicker />}
      <div className="ml-auto flex items-center gap-1">
        <PrivacyButton />
        <UserMenu />
      </div>
    </header>
  );
}

function PortfolioSwitcher({ portfolio }: { portfolio: Portfolio | undefined }) {
  const { data: portfolios = [] } = useQuery(portfoliosQuery);
  const mayCreate = useMay('portfolio_write');
  const navigate = useNavigate();
  return (
    <Menu
      align="start"
      trigger={
        <button type="button" className="flex h-9 min-w-0 items-center gap-2 rounded-[6px] border border-line px-3 text-sm font-medium hover:bg-raised" aria-label={text.frame.portfolio(portfolio?.name)}>
          <span className="max-w-[38vw] truncate md:max-w-64">{portfolio?.name ?? text.frame.noPortfolio}</span>
          <ChevronDown size={15} className="shrink-0 text-muted" aria-hidden />
        </button>
      }
    >
      {portfolios.map((candidate) => (
        <MenuItem
          key={candidate.id}
          icon={<Check size={15} aria-hidden className={candidate.id === portfolio?.id ? 'text-teal' : 'invisible'} />}
          onSelect={() => void navigate({ to: '.', search: (previous) => ({ ...previous, portfolio: candidate.id, as_of: undefined }) })}
        >
          <span className="flex-1">{candidate.name}</span>
          <span className="text-xs text-muted">{candidate.access === 'shared' ? text.frame.shared : candidate.base_currency}</span>
        </MenuItem>
      ))}
      {mayCreate && (
        <>
          {portfolios.length > 0 && <MenuSeparator />}
          <MenuItem icon={<Plus size={15} aria-hidden />} onSelect={() => void navigate({ to: '/portfolios/new' })}>
            {text.portfolio.create}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}

function PrivacyButton() {
  const { privacy } = useAppearance();
  const { change } = useDisplay();
  return (
    <IconButton label={privacy ? text.frame.showAmounts : text.frame.hideAmounts} aria-pressed={privacy} aria-keyshortcuts="." onClick={() => change({ privacy: !privacy })}>
      {privacy ? <EyeOff size={18} aria-hidden className="text-teal" /> : <Eye size={18} aria-hidden />}
    </IconButton>
  );
}

export const themeOptions: { value: Theme; label: string }[] = [
  { value: 'dark', label: text.settings.themes.dark },
  { value: 'light', label: text.settings.themes.light },
  { value: 'contrast', label: text.settings.themes.contrast },
  { value: 'system', label: text.settings.themes.system },
];

function UserMenu() {
  const { user } = useSession();
  const { theme } = useAppearance();
  const { change } = useDisplay();
  const navigate = useNavigate();
  const signOut = useMutation({
    mutationFn: () => post<undefined>('/api/auth/logout', {}),
    onSettled: announceSignOut,
  });
  const initials = user.display_name.split(/\s+/).map((name) => name[0] ?? '').slice(0, 2).join('').toUpperCase();
  return (
    <Menu
      trigger={
        <button type="button" title={text.frame.userMenu(user.display_name)} className="grid size-8 place-items-center rounded-full bg-raised text-xs font-semibold hover:brightness-110 max-md:size-11">
          {initials || '?'}
          <span className="sr-only">{text.frame.userMenu(user.display_name)}</span>
        </button>
      }
    >
      <MenuLabel>
        <span className="block text-sm font-medium text-text">{user.display_name}</span>
        {user.email}
      </MenuLabel>
      <MenuSeparator />
      <MenuLabel>{text.settings.theme}</MenuLabel>
      <MenuRadio value={theme} onChange={(next) => change({ theme: next })} options={themeOptions} />
      <MenuSeparator />
      <MenuItem icon={<Settings size={15} aria-hidden />} onSelect={() => void navigate({ to: '/settings' })}>{text.nav.settings}</MenuItem>
      <MenuItem icon={<LogOut size={15} aria-hidden />} onSelect={() => signOut.mutate()}>{text.actions.signOut}</MenuItem>
    </Menu>
  );
}
