/** The frame around every page: rail, top bar, banners, and the coloured edge of another date. */

import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useEffectEvent } from 'react';
import { latestPackQuery, sessionQuery } from '@/api/queries';
import { buttonClass } from '@/components/Button';
import { Empty, Failure, Skeleton } from '@/components/States';
import { announce } from '@/lib/announce';
import { appearance } from '@/lib/appearance';
import { useDisplay, useKeptDisplay } from '@/lib/display';
import { FormatProvider, useFormat } from '@/lib/format/context';
import { text } from '@/text';
import { FirstPortfolio } from '@/pages/portfolio/FirstPortfolio';
import { Banners } from './Banners';
import { BottomBar, Rail } from './Navigation';
import { ScopeProvider, useChosen } from './scope';
import { TopBar } from './TopBar';

export function Frame() {
  const { data: session } = useQuery(sessionQuery);
  const navigate = useNavigate();
  const location = useLocation();
  useEffect(() => {
    if (session === null) void navigate({ to: '/login', search: { next: location.href } });
  }, [session, navigate, location.href]);
  if (!session) return null;
  return (
    <FormatProvider locale={session.user.locale || 'en-GB'} timeZone={session.user.time_zone || 'UTC'}>
      <Shell />
    </FormatProvider>
  );
}

/** Single keys, never while typing. */
function usePrivacyKey() {
  const { change } = useDisplay();
  const toggle = useEffectEvent(() => {
    const privacy = !appearance().privacy;
    change({ privacy });
    announce(privacy ? text.frame.privacyOn : text.frame.privacyOff);
  });
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      const target = event.target as HTMLElement;
      if (event.key !== '.' || event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, select, [contenteditable]')) return;
      toggle();
    }
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

/** Pages that are about the user or make a portfolio do without one. */
const withoutPortfolio = ['/settings', '/portfolios/new'];

function Shell() {
  const chosen = useChosen();
  const search = useSearch({ strict: false });
  const location = useLocation();
  const f = useFormat();
  const latest = useQuery(latestPackQuery);
  useKeptDisplay();
  usePrivacyKey();
  const asOf = search.as_of;
  const isPast = asOf !== undefined && latest.data !== undefined && asOf !== latest.data.date;
  const { portfolio } = chosen;
  const free = withoutPortfolio.includes(location.pathname);
  return (
    <div className="flex min-h-dvh">
      <a href="#content" className="skip-link rounded-[6px] bg-teal-fill px-3 py-2 font-semibold text-on-teal">{text.frame.skipToContent}</a>
      <a href="#navigation" className="skip-link rounded-[6px] bg-teal-fill px-3 py-2 font-semibold text-on-teal">{text.frame.skipToNavigation}</a>
      <Rail />
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar portfolio={portfolio} />
        {isPast && <p className="border-b border-blue/60 bg-blue/10 px-4 py-1 text-center text-xs font-medium text-blue md:px-6">{text.frame.asOf(f.date(asOf))}</p>}
        <Banners portfolio={portfolio} />
        <main id="content" tabIndex={-1} className={`mx-auto w-full max-w-[1560px] flex-1 px-4 pt-4 pb-24 outline-none md:px-6 md:pb-10 ${isPast ? 'outline-2 -outline-offset-2 outline-blue/60' : ''}`}>
          {free ? (
            <Outlet />
          ) : portfolio ? (
            <ScopeProvider value={{ portfolio, scope: { portfolio: portfolio.id, as_of: asOf } }}>
              <Outlet />
            </ScopeProvider>
          ) : chosen.isMissing ? (
            <div className="card"><Empty action={<Link to="/overview" search={{}} className={buttonClass()}>{text.frame.ownPortfolio}</Link>}>{text.frame.portfolioMissing}</Empty></div>
          ) : chosen.error !== null && chosen.error !== undefined ? (
            <div className="card"><Failure error={chosen.error} retry={() => void chosen.refetch()} /></div>
          ) : chosen.isPending ? (
            <Skeleton className="h-40 w-full" />
          ) : (
            <FirstPortfolio />
          )}
        </main>
      </div>
      <BottomBar />
    </div>
  );
}
