/** The lots of one position: when and at what cost, in the currency of purchase and in the portfolio's. */

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lotsQuery, type Scope } from '@/api/queries';
import type { ValuedPosition } from '@/api/types';
import { Figure } from '@/components/Figure';
import { Loaded, SkeletonRows } from '@/components/States';
import { cx } from '@/lib/cx';
import { useFormat } from '@/lib/format/context';
import { shortSymbol } from '@/lib/symbol';
import { text } from '@/text';

// On narrow screens what is said elsewhere gives way: transactions show the purchase itself.
const right = 'text-right';
const medium = 'max-md:hidden';
const wide = 'max-xl:hidden';

function columns(base: string): [header: string, className: string][] {
  const { acquired, open, original, costPerUnit, cost, costBase, value, gain, term } = text.columns;
  return [
    [acquired, 'text-left'], [open, right], [original, cx(right, wide)], [costPerUnit, cx(right, medium)], [cost, cx(right, wide)],
    [costBase(base), cx(right, medium)], [value, right], [gain, right], [term, cx('text-left', medium)],
  ];
}

export function LotsTable({ scope, holding, base }: { scope: Scope; holding: ValuedPosition; base: string }) {
  const query = useQuery(lotsQuery(scope, holding.security_id));
  const f = useFormat();
  // As wide as the table around it and never wider, so that the columns of the positions stay where they were.
  return (
    <div className="w-0 min-w-full py-2">
      <Loaded query={query} skeleton={<SkeletonRows rows={3} />}>
        {({ value }) => (
          <div className="relative overflow-x-auto px-(--pad) md:pl-12" tabIndex={0} role="region" aria-label={text.holdings.lotsOf(shortSymbol(holding.symbol))}>
            <table className="w-full text-sm">
              <caption className="sr-only">{text.holdings.lotsOf(shortSymbol(holding.symbol))}</caption>
              <thead>
                <tr className="text-xs text-muted">
                  {columns(base).map(([header, className]) => (
                    <th key={header} scope="col" className={cx('h-7 px-3 max-sm:px-1.5 font-medium whitespace-nowrap first:pl-0', className)}>{header}</th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {value.lots.map((lot) => (
                  <tr key={lot.lot_id} className="border-t border-soft">
                    <th scope="row" className="h-7 pr-3 text-left font-normal whitespace-nowrap">
                      {f.date(lot.acquired)}
                    </th>
                    <td className="px-3 max-sm:px-1.5 text-right"><Figure value={lot.quantity_open} format="number" /></td>
                    <td className={cx('px-3 max-sm:px-1.5 text-muted', wide, right)}><Figure value={lot.quantity_original} format="number" /></td>
                    <td className={cx('px-3 max-sm:px-1.5', medium, right)}><Figure value={lot.cost_per_unit} format="price" stated={base} compact /></td>
                    <td className={cx('px-3 max-sm:px-1.5 text-muted', wide, right)}><Figure value={lot.cost_basis} /></td>
                    <td className={cx('px-3 max-sm:px-1.5', medium, right)}><Figure value={lot.cost_basis_base} stated={base} compact /></td>
                    <td className="px-3 max-sm:px-1.5 text-right"><Figure value={lot.market_value} stated={base} compact /></td>
                    <td className="px-3 max-sm:px-1.5 text-right"><Figure value={lot.unrealized_gain} stated={base} coloured compact /></td>
                    <td className={cx('px-3 max-sm:px-1.5 text-left text-xs whitespace-nowrap text-muted', medium)}>
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
