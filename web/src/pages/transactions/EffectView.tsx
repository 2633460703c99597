/** What a transaction or an import would change: positions, cash, realized gains, and what to look at twice. */

import { useQuery } from '@tanstack/react-query';
import { AlertTriangle } from 'lucide-react';
import { accountsQuery } from '@/api/queries';
import type { Effects, Warning } from '@/api/types';
import { Figure } from '@/components/Figure';
import { Failure, Skeleton } from '@/components/States';
import { useScope } from '@/frame/scope';
import { present } from '@/lib/format/wire';
import { shortSymbol } from '@/lib/symbol';
import { text } from '@/text';

interface EffectViewProps {
  base: string;
  effects: Effects | undefined;
  warnings?: Warning[];
  error?: unknown;
  busy?: boolean;
  waiting?: string;
}

export function EffectView({ base, effects, warnings, error, busy, waiting }: EffectViewProps) {
  return (
    <section aria-live="polite" aria-busy={busy} className="mt-6 rounded-md border border-soft bg-bg/40 p-4">
      <h3 className="mb-2 text-sm font-semibold">{text.transactions.effect}</h3>
      {waiting ? (
        <p className="text-sm text-muted">{waiting}</p>
      ) : error !== undefined && error !== null ? (
        <Failure error={error} compact />
      ) : effects ? (
        <EffectBody base={base} effects={effects} warnings={warnings} />
      ) : (
        <Skeleton className="h-16 w-full" />
      )}
    </section>
  );
}

export function EffectBody({ base, effects, warnings = [] }: { base: string; effects: Effects; warnings?: Warning[] }) {
  const { scope } = useScope();
  const { data: accounts = [] } = useQuery(accountsQuery(scope.portfolio));
  const { positions, cash } = effects;
  const gain = present(effects.realized_gain);
  /** The account is only said where there are several. */
  const inAccount = (id: string) => (accounts.length > 1 ? ` · ${accounts.find((account) => account.id === id)?.name ?? ''}` : '');
  return (
    <div className="space-y-3 text-sm">
      {warnings.map((warning, index) => (
        <p key={index} className="flex items-start gap-2 text-amber">
          <AlertTriangle size={15} className="mt-0.5 shrink-0" aria-hidden />
          {warning.message}
        </p>
      ))}
      {positions.length + cash.length === 0 && <p className="text-muted">{text.transactions.noEffect}</p>}
      {positions.length + cash.length > 0 && (
        <table className="w-full">
          <thead className="text-xs text-muted">
            <tr>
              <th scope="col" className="py-1 text-left font-medium">{text.transactions.what}</th>
              <th scope="col" className="text-right font-medium">{text.transactions.before}</th>
              <th scope="col" className="text-right font-medium">{text.transactions.after}</th>
            </tr>
          </thead>
          <tbody>
            {positions.map((position) => (
              <tr key={`${position.account_id}${position.security_id}`} className="border-t border-soft">
                <th scope="row" className="py-1.5 text-left font-normal"><span className="mono text-[0.8125rem] font-medium">{shortSymbol(position.symbol)}</span>{inAccount(position.account_id)}</th>
                <td className="text-right text-muted"><Figure value={position.quantity_before} format="number" /></td>
                <td className="text-right"><Figure value={position.quantity_after} format="number" /></td>
              </tr>
            ))}
            {cash.map((row) => (
              <tr key={`${row.account_id}${row.currency}`} className="border-t border-soft">
                <th scope="row" className="py-1.5 text-left font-normal">{text.transactions.cashIn(row.currency)}{inAccount(row.account_id)}</th>
                <td className="text-right text-muted"><Figure value={row.before} stated={row.currency} /></td>
                <td className="text-right"><Figure value={row.after} stated={row.currency} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {gain && (
        <p className="flex justify-between border-t border-soft pt-2">
          <span>{text.transactions.realized(base)}</span>
          <Figure value={gain} stated={base} coloured />
        </p>
      )}
    </div>
  );
}
