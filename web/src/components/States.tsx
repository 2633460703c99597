/** What a panel looks like when it has no data yet, none at all, or a failure. */

import { AlertTriangle, RotateCw } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { ApiProblem, NetworkProblem } from '@/api/problem';
import { text } from '@/text';
import { Button } from './Button';

export function Skeleton({ className }: { className: string }) {
  return <div className={`skeleton ${className}`} aria-hidden />;
}

export function SkeletonRows({ rows = 6 }: { rows?: number }) {
  return (
    <div aria-hidden className="space-y-2 p-(--pad)">
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} className="h-5 w-full" />
      ))}
    </div>
  );
}

export function Loading({ children }: { children: ReactNode }) {
  return (
    <div aria-busy="true">
      <span className="sr-only" role="status">{text.states.loading}</span>
      {children}
    </div>
  );
}

export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-3 px-6 py-10 text-center text-sm text-muted">
      <p className="max-w-md">{children}</p>
      {action}
    </div>
  );
}

/** Grey sentence for what was skipped or does not apply, with the reason. */
export function NotApplicable({ children }: { children: ReactNode }) {
  return <p className="px-(--pad) py-6 text-sm text-muted">{children}</p>;
}

export function Failure({ error, retry, compact }: { error: unknown; retry?: () => void; compact?: boolean }) {
  const known = error instanceof ApiProblem;
  if (known && error.isBusy) return <Busy problem={error} retry={retry} />;
  const offline = error instanceof NetworkProblem;
  const title = known ? error.title || text.states.failed : offline ? text.states.offline : text.states.failed;
  const detail = known ? error.detail : offline ? text.states.offlineTry : text.states.unexpected;
  return (
    <div role="alert" className={`flex gap-3 ${compact ? 'py-2' : 'px-(--pad) py-5'}`}>
      <AlertTriangle size={18} className="mt-0.5 shrink-0 text-red" aria-hidden />
      <div className="min-w-0 text-sm">
        <p className="font-medium">{title}</p>
        {detail && <p className="mt-0.5 break-words text-muted">{detail}</p>}
        {known && error.tryThis && <p className="mt-0.5 text-muted">{text.states.tryThis(error.tryThis)}</p>}
        <div className="mt-2 flex flex-wrap items-center gap-3">
          {retry && (
            <Button small icon={<RotateCw size={13} aria-hidden />} onClick={retry}>
              {text.actions.retry}
            </Button>
          )}
          {known && error.requestId && <span className="mono text-xs text-muted">{text.states.request(error.requestId)}</span>}
        </div>
      </div>
    </div>
  );
}

/** Counts down what the server asked for, then tries again by itself. */
export function Busy({ problem, retry }: { problem: ApiProblem; retry?: () => void }) {
  const wait = Math.max(1, Math.ceil((problem.retryAfterMs ?? 5000) / 1000));
  const [left, setLeft] = useState(wait);
  useEffect(() => {
    if (left <= 0) {
      retry?.();
      return;
    }
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left, retry]);
  return (
    <div role="status" className="flex items-center gap-3 px-(--pad) py-4 text-sm">
      <RotateCw size={16} className="text-amber" aria-hidden />
      <p>
        {left > 0 ? text.states.busy(left) : text.states.trying}
        {problem.detail && <span className="text-muted"> {problem.detail}</span>}
      </p>
    </div>
  );
}

/** Chooses between data, skeleton and failure; keeps showing data while a refetch fails. */
export function Loaded<T>({ query, skeleton, children }: { query: { data: T | undefined; error: unknown; refetch: () => unknown; isPending: boolean }; skeleton: ReactNode; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) {
    return (
      <>
        {query.error !== null && query.error !== undefined && <Failure error={query.error} retry={() => void query.refetch()} />}
        {children(query.data)}
      </>
    );
  }
  if (query.error !== null && query.error !== undefined) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return <Loading>{skeleton}</Loading>;
}
