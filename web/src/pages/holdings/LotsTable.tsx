/** The lots of one position: when and at what cost, in the currency of purchase and in the portfolio's. */

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lotsQuery, type Scope } from '@/api/queries';
import type { ValuedPosition } from '@/api/types';
import { Figure } from '@/components/Figure';
import { Loaded, SkeletonRows } from '@/components/States';
import { useFormat } from '@/lib/format/context';
import { shortSymbol } from '@/lib/symbol';
import { text } from '@/text';

export function LotsTable({ scope, holding, base }: { scope: Scope; holding: ValuedPosition; base: string }) {
  const query = useQuery(lotsQuery(scope, holding.security_id));
  const f = useFormat();
  return (
    <div className="sticky left-0 max-w-[calc(100vw-34px)] py-2 md:max-w-none">
      <Loaded query={query} skeleton={<SkeletonRows rows={3} />}>
        {({ value }) => (
          <div className="relative overflow-x-auto px-(--pad) md:pl-12" tabIndex={0} role="region" aria-label={text.holdings.lotsOf(shortSymbol(holding.symbol))}>
            <table className="w-full text-sm">
              <caption className="sr-only">{text.holdings.lotsOf(shortSymbol(holding.symbol))}</caption>
              <thead>
                <tr className="text-xs text-muted">
                  {[text.columns.acquired, text.columns.open, text.columns.original, text.columns.costPerUnit, text.columns.cost, text.columns.costBase(base), text.columns.value, text.columns.gain, text.columns.term].map((header, index) => (
                    <th key={header} scope="col" className={`h-7 px-3 font-medium whitespace-nowrap first:pl-0 ${index === 0 || index === 8 ? 'text-left' : 'text-right'}`}>{header}</th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {value.lots.map((lot) => (
                  <tr key={lot.lot_id} className="border-t border-soft">
                    <th scope="row" className="h-7 pr-3 text-left font-normal whitespace-nowrap">
                      {f.date(lot.acquired)}
                    </th>
                    <td className="px-3 text-right"><Figure value={lot.quantity_open} format="number" /></td>
                    <td className="px-3 text-right text-muted"><Figure value={lot.quantity_original} format="number" /></td>
                    <td className="px-3 text-right"><Figure value={lot.cost_per_unit} format="price" stated={base} compact /></td>
                    <td className="px-3 text-right text-muted"><Figure value={lot.cost_basis} /></td>
                    <td className="px-3 text-right"><Figure value={lot.cost_basis_base} stated={base} compact /></td>
                    <td className="px-3 text-right"><Figure value={lot.market_value} stated={base} compact /></td>
                    <td className="px-3 text-right"><Figure value={lot.unrealized_gain} stated={base} coloured compact /></td>
                    <td className="px-3 text-left text-xs whitespace-nowrap text-muted">
                      {(text.terms as Record<string, string>)[lot.term] ?? lot.term} · {text.holdings.days(lot.holding_period_days)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            <p className="pt-2 pb-1 text-xs">
              <Link to="/transactions" search={{ security: holding.security_id }}>{text.holdings.transactionsOf(shortSymbol(holding.symbol))}</Link>
            </p>
          </div>
        )}
      </Loaded>
    </div>
  );
}
