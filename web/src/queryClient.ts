/** One cache of answers for all pages. A signed-out answer anywhere empties it; nothing is retried that the server refused. */

import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiProblem, NetworkProblem } from './api/problem';
import { sessionQuery } from './api/queries';

/** A refused request is not repeated; a cut connection is tried twice more. */
export function shouldRetry(failures: number, error: unknown): boolean {
  if (error instanceof ApiProblem) return false;
  return error instanceof NetworkProblem && failures < 2;
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (error instanceof ApiProblem && error.isSignedOut) queryClient.setQueryData(sessionQuery.queryKey, null);
    },
  }),
  defaultOptions: {
    queries: { retry: shouldRetry, staleTime: 30_000, refetchOnWindowFocus: false },
    mutations: { retry: false },
  },
});

const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('dawsos');

/** Signing out in one tab empties the caches of all. The session goes first: the frame watches it and leaves the page. */
export function forgetEverything(): void {
  queryClient.setQueryData(sessionQuery.queryKey, null);
  queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] });
  sessionStorage.clear();
}

export function announceSignOut(): void {
  forgetEverything();
  channel?.postMessage('signed_out');
}

channel?.addEventListener('message', (event: MessageEvent<unknown>) => {
  if (event.data !== 'signed_out') return;
  forgetEverything();
});
