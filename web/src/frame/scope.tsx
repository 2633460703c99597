/** The portfolio and date that the pages are about, from the address. */

import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { createContext, use, type ReactNode } from 'react';
import { portfoliosQuery, sessionQuery, type Scope } from '@/api/queries';
import type { Portfolio, Session } from '@/api/types';

export function useSession(): Session {
  const { data } = useQuery(sessionQuery);
  if (!data) throw new Error('the frame is only shown to a signed-in user');
  return data;
}

export function useMay(permission: string): boolean {
  return useSession().permissions.includes(permission);
}

/**
 * The one asked for and no other; unless one is asked for, the user's default, else the first by name order of the list:
 * always visible in the switcher.
 */
export function choosePortfolio(portfolios: Portfolio[], asked: string | undefined, preferred: string | null | undefined): Portfolio | undefined {
  if (asked !== undefined) return portfolios.find((p) => p.id === asked);
  return portfolios.find((p) => p.id === preferred) ?? portfolios[0];
}

interface Chosen {
  portfolio: Portfolio;
  scope: Scope;
}

const Context = createContext<Chosen | undefined>(undefined);

export function ScopeProvider({ value, children }: { value: Chosen | undefined; children: ReactNode }) {
  return <Context value={value}>{children}</Context>;
}

export function useChosen(): { portfolio: Portfolio | undefined; isMissing: boolean; isPending: boolean; error: unknown; refetch: () => unknown } {
  const session = useSession();
  const search = useSearch({ strict: false });
  const query = useQuery(portfoliosQuery);
  const portfolio = query.data && choosePortfolio(query.data, search.portfolio, session.user.default_portfolio_id);
  const isMissing = search.portfolio !== undefined && query.data !== undefined && portfolio === undefined;
  // A list that is being read again may know a portfolio that was just made.
  return { portfolio, isMissing: isMissing && !query.isFetching, isPending: query.isPending || (isMissing && query.isFetching), error: query.error, refetch: query.refetch };
}

/** Inside pages that are only shown once there is a portfolio. */
export function useScope(): Chosen {
  const chosen = use(Context);
  if (!chosen) throw new Error('this page needs a portfolio');
  return chosen;
}
