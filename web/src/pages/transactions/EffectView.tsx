/** What a transaction or an import would change: positions, cash, realized gains, and what to look at twice. */

import { AlertTriangle } from 'lucide-react';
import type { Effect } from '@/api/types';
import { Figure } from '@/components/Figure';
import { Failure, Skeleton } from '@/components/States';
import { text } from '@/text';

interface EffectViewProps {
  base: string;
  effect: Effect | undefined;
  error?: unknown;
  busy?: boolean;
  waiting?: string;
}

export function EffectView({ base, effect, error, busy, waiting }: EffectViewProps) {
  return (
    <section aria-live="polite" aria-busy={busy} className="mt-6 rounded-md border border-soft bg-bg/40 p-4">
      <h3 className="mb-2 text-sm font-semibold">{text.transactions.effect}</h3>
      {waiting ? (
        <p className="text-sm text-muted">{waiting}</p>
      ) : error !== undefined && error !== null ? (
        <Failure error={error} compact />
      ) : effect ? (
        <EffectBody base={base} effect={effect} />
      ) : (
        <Skeleton className="h-16 w-full" />
      )}
    </section>
  );
}

export function EffectBody({ base, effect }: { base: string; effect: Effect }) {
  const positions = effect.positions ?? [];
  const cash = effect.cash ?? [];
  const gains = effect.realized_gains ?? [];
  return (
    <div className="space-y-3 text-sm">
      {effect.warnings?.map((warning, index) => (
        <p key={index} className="flex items-start gap-2 text-amber">
          <AlertTriangle size={15} className="mt-0.5 shrink-0" aria-hidden />
          {warning.message}
        </p>
      ))}
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
            {positions.map((position, index) => (
              <tr key={`p${index}`} className="border-t border-soft">
                <th scope="row" className="mono py-1.5 text-left text-[0.8125rem] font-medium">{position.symbol}</th>
                <td className="text-right text-muted"><Figure value={position.quantity_before ?? '0'} format="number" /></td>
                <td className="text-right"><Figure value={position.quantity_after ?? '0'} format="number" /></td>
              </tr>
            ))}
            {cash.map((row, index) => (
              <tr key={`c${index}`} className="border-t border-soft">
                <th scope="row" className="py-1.5 text-left font-normal">{text.transactions.cashIn(row.currency)}{row.account_name ? ` · ${row.account_name}` : ''}</th>
                <td className="text-right text-muted"><Figure value={row.before} stated={row.currency} /></td>
                <td className="text-right"><Figure value={row.after} stated={row.currency} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {gains.map((gain, index) => (
        <p key={`g${index}`} className="flex flex-wrap justify-between gap-2 border-t border-soft pt-2">
          <span>{text.transactions.realized(gain.symbol ?? '')}</span>
          <span>
            <Figure value={gain.total} stated={base} coloured /> <span className="text-xs text-muted">{base} · {text.columns.priceGain} <Figure value={gain.price} stated={base} signed /> · {text.columns.currencyGain} <Figure value={gain.fx} stated={base} signed /></span>
          </span>
        </p>
      ))}
    </div>
  );
}
