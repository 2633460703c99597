/**
 * What the pages read, as query options: one key per question, so that equal questions share one answer.
 * Keys hold portfolio and date; writing to the ledger or changing packs invalidates by the first word.
 */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { get, setCsrfToken, type ApiPath, type RequestOptions } from './client';
import { ApiProblem } from './problem';
import type {
  Account, Answer, Device, Envelope, ImportPreview, ImportRecord, Lot, Pack, PackHealth, Portfolio,
  SecurityMatch, Session, Settings, SetupState, Transaction, TransactionRow, ValuedPositions,
} from './types';

/** Portfolio and date that a computed read is for. */
export interface Scope {
  portfolio: string;
  as_of?: string;
}

/** Everything that depends on the ledger or on prices. */
export const booksKey = ['books'] as const;

export const setupQuery = queryOptions({
  queryKey: ['setup'],
  queryFn: async ({ signal }) => (await get<Envelope<SetupState>>('/api/setup', { signal })).data,
  staleTime: Infinity,
});

/** Null when nobody is signed in; that is an answer, not a failure. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      const session = (await get<Envelope<Session>>('/api/auth/session', { signal })).data;
      setCsrfToken(session.csrf_token ?? undefined);
      return session;
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.isSignedOut) {
        setCsrfToken(undefined);
        return null;
      }
      throw problem;
    }
  },
  staleTime: 5 * 60_000,
});

export const portfoliosQuery = queryOptions({
  queryKey: ['portfolios'],
  queryFn: async ({ signal }) => (await get<Envelope<Portfolio[]>>('/api/portfolios', { signal, query: { status: 'active' } })).data,
  staleTime: 60_000,
});

export const accountsQuery = (portfolio: string) =>
  queryOptions({
    queryKey: ['accounts', portfolio],
    queryFn: async ({ signal }) => (await get<Envelope<Account[]>>(`/api/portfolios/${portfolio}/accounts`, { signal })).data,
    staleTime: 60_000,
  });

export const packsQuery = (from: string, to: string) =>
  queryOptions({
    queryKey: ['packs', from, to],
    queryFn: async ({ signal }) => (await get<Envelope<Pack[]>>('/api/packs', { signal, query: { from, to, limit: 1000 } })).data,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });

export const latestPackQuery = queryOptions({
  queryKey: ['packs', 'latest'],
  queryFn: async ({ signal }) => (await get<Envelope<Pack>>('/api/packs/latest', { signal })).data,
  staleTime: 60_000,
});

/** 503 carries a body too: warming and failed are states to show, not failures. */
export const packHealthQuery = queryOptions({
  queryKey: ['packs', 'health'],
  queryFn: async ({ signal }): Promise<PackHealth> => {
    const answer = await fetch('/health/pack', { signal });
    const body = (await answer.json()) as PackHealth & { data?: PackHealth };
    return body.data ?? body;
  },
  staleTime: 60_000,
  refetchInterval: (query) => (query.state.data?.status === 'warming' ? 10_000 : false),
});

/** The value of a capability that ran as a plan of one step: its fields, or the one output that holds them. */
export function valueOf(answer: Answer<unknown>): unknown {
  const data = answer.data as Record<string, unknown>;
  const value = data.value;
  return Object.keys(data).length === 1 && typeof value === 'object' && value !== null ? value : data;
}

export interface Computed<T> {
  value: T;
  answer: Answer<unknown>;
}

async function computed<T>(path: ApiPath, query: RequestOptions['query'], signal: AbortSignal): Promise<Computed<T>> {
  const answer = await get<Answer<unknown>>(path, { signal, query });
  return { value: valueOf(answer) as T, answer };
}

export const holdingsQuery = (scope: Scope) =>
  queryOptions({
    queryKey: [...booksKey, 'holdings', scope],
    queryFn: ({ signal }) => computed<ValuedPositions>('/api/holdings', { portfolio_id: scope.portfolio, as_of: scope.as_of, include: 'trace' }, signal),
    placeholderData: keepPreviousData,
  });

export const lotsQuery = (scope: Scope, security: string) =>
  queryOptions({
    queryKey: [...booksKey, 'lots', scope, security],
    queryFn: ({ signal }) => computed<{ lots: Lot[] }>('/api/lots', { portfolio_id: scope.portfolio, as_of: scope.as_of, security_id: security, state: 'open' }, signal),
  });

export interface TransactionFilter {
  kind?: string[];
  account_id?: string;
  security_id?: string;
  from?: string;
  to?: string;
  text?: string;
  include_voided?: boolean;
}

export const pageSize = 50;

export const transactionsQuery = (scope: Scope, filter: TransactionFilter) =>
  infiniteQueryOptions({
    queryKey: [...booksKey, 'transactions', scope, filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) =>
      computed<{ transactions: TransactionRow[] }>(
        '/api/transactions',
        { portfolio_id: scope.portfolio, as_of: scope.as_of, ...filter, include: 'trace', limit: pageSize, cursor: pageParam, count: true },
        signal,
      ),
    getNextPageParam: (last) => last.answer.meta?.page?.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

export const transactionQuery = (id: string) =>
  queryOptions({
    queryKey: [...booksKey, 'transaction', id],
    queryFn: async ({ signal }) => (await get<Envelope<Transaction>>(`/api/transactions/${id}`, { signal })).data,
  });

export const securitySearchQuery = (text: string) =>
  queryOptions({
    queryKey: ['securities', text],
    queryFn: async ({ signal }) => {
      const answer = await get<Envelope<{ matches: SecurityMatch[] }>>('/api/securities/search', { signal, query: { q: text } });
      return answer.data.matches;
    },
    enabled: text.length > 0,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });

export const importsQuery = (portfolio: string) =>
  queryOptions({
    queryKey: ['imports', 'of', portfolio],
    queryFn: async ({ signal }) => (await get<Envelope<ImportRecord[]>>('/api/imports', { signal, query: { portfolio_id: portfolio } })).data,
  });

export const importQuery = (id: string) =>
  queryOptions({
    queryKey: ['imports', id],
    queryFn: async ({ signal }) => (await get<Envelope<ImportRecord>>(`/api/imports/${id}`, { signal })).data,
  });

export const importPreviewQuery = (id: string, status: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['imports', id, 'preview', status],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) => computed<ImportPreview>(`/api/imports/${id}/preview`, { status, limit: 500, cursor: pageParam }, signal),
    getNextPageParam: (last) => last.answer.meta?.page?.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

export const devicesQuery = queryOptions({
  queryKey: ['devices'],
  queryFn: async ({ signal }) => (await get<Envelope<Device[]>>('/api/sessions', { signal })).data,
});

export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: async ({ signal }) => (await get<Envelope<Settings>>('/api/settings', { signal })).data,
  staleTime: Infinity,
});
