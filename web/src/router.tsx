/** All pages on one screen. The address is the state: portfolio and date are kept from page to page. */

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect, retainSearchParams } from '@tanstack/react-router';
import { sessionQuery, setupQuery } from './api/queries';
import { Frame } from './frame/Frame';
import { NotFound, PageFailure } from './frame/Fallbacks';
import { isPeriod, type Period } from './lib/periods';
import { queryClient } from './queryClient';

const date = (value: unknown): string | undefined => (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined);
const word = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined);

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: PageFailure });

/** A machine without an administrator shows nothing but how to make one. */
async function requireSetupDone() {
  const setup = await queryClient.query({ ...setupQuery, staleTime: 'static' });
  if (setup.needs_setup) throw redirect({ to: '/setup' });
}

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search): { next?: string } => ({ next: word(search.next) }),
  beforeLoad: async ({ search }) => {
    await requireSetupDone();
    if (await queryClient.query({ ...sessionQuery, staleTime: 'static' })) throw redirect({ href: localPath(search.next) });
  },
  component: lazyRouteComponent(() => import('./pages/login/LoginPage'), 'LoginPage'),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('./pages/setup/SetupPage'), 'SetupPage'),
});

/** Only addresses of this site: a link must not lead elsewhere after signing in. */
export function localPath(next: string | undefined): string {
  return next?.startsWith('/') && !next.startsWith('//') && !next.includes('\\') ? next : '/overview';
}

export interface FrameSearch {
  portfolio?: string;
  as_of?: string;
}

const frame = createRoute({
  getParentRoute: () => root,
  id: 'frame',
  validateSearch: (search): FrameSearch => ({ portfolio: word(search.portfolio), as_of: date(search.as_of) }),
  search: { middlewares: [retainSearchParams<FrameSearch>(['portfolio', 'as_of'])] },
  beforeLoad: async ({ location }) => {
    const session = await queryClient.query({ ...sessionQuery, staleTime: 'static' });
    if (session) return;
    await requireSetupDone();
    throw redirect({ to: '/login', search: { next: location.href === '/' || location.href === '/overview' ? undefined : location.href } });
  },
  component: Frame,
  errorComponent: PageFailure,
});

const index = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/overview' });
  },
});

const overview = createRoute({
  getParentRoute: () => frame,
  path: '/overview',
  validateSearch: (search): { period?: Period; view?: 'index' } => ({
    period: isPeriod(search.period) ? search.period : undefined,
    view: search.view === 'index' ? 'index' : undefined,
  }),
  component: lazyRouteComponent(() => import('./pages/overview/OverviewPage'), 'OverviewPage'),
});

const holdings = createRoute({
  getParentRoute: () => frame,
  path: '/holdings',
  validateSearch: (search): { open?: string; sort?: string } => ({ open: word(search.open), sort: word(search.sort) }),
  component: lazyRouteComponent(() => import('./pages/holdings/HoldingsPage'), 'HoldingsPage'),
});

export interface TransactionSearch {
  kind?: string;
  account?: string;
  security?: string;
  from?: string;
  to?: string;
  text?: string;
  voided?: boolean;
  add?: string;
  open?: string;
}

const transactions = createRoute({
  getParentRoute: () => frame,
  path: '/transactions',
  validateSearch: (search): TransactionSearch => ({
    kind: word(search.kind),
    account: word(search.account),
    security: word(search.security),
    from: date(search.from),
    to: date(search.to),
    text: word(search.text),
    voided: search.voided === true ? true : undefined,
    add: word(search.add),
    open: word(search.open),
  }),
  component: lazyRouteComponent(() => import('./pages/transactions/TransactionsPage'), 'TransactionsPage'),
});

const imports = createRoute({
  getParentRoute: () => frame,
  path: '/imports',
  component: lazyRouteComponent(() => import('./pages/imports/ImportsPage'), 'ImportsPage'),
});

const importDetail = createRoute({
  getParentRoute: () => frame,
  path: '/imports/$importId',
  validateSearch: (search): { status?: string } => ({ status: word(search.status) }),
  component: lazyRouteComponent(() => import('./pages/imports/ImportPage'), 'ImportPage'),
});

const newPortfolio = createRoute({
  getParentRoute: () => frame,
  path: '/portfolios/new',
  component: lazyRouteComponent(() => import('./pages/portfolio/NewPortfolioPage'), 'NewPortfolioPage'),
});

const settings = createRoute({
  getParentRoute: () => frame,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings/SettingsPage'), 'SettingsPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    index, login, setup,
    frame.addChildren([overview, holdings, transactions, imports, importDetail, newPortfolio, settings]),
  ]),
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
