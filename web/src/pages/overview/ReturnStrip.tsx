/** Time-weighted returns of the standard periods beside each other; those over a year also per year. */

import type { PerfMetrics } from '@/api/types';
import { Figure } from '@/components/Figure';
import { cx } from '@/lib/cx';
import { useFormat } from '@/lib/format/context';
import { present } from '@/lib/format/wire';
import { text } from '@/text';

const strip = ['1d', 'mtd', 'qtd', 'ytd', '1y', '3y', '5y', 'itd'] as const;

export function ReturnStrip({ metrics, className }: { metrics: PerfMetrics | undefined; className?: string }) {
  const f = useFormat();
  if (!metrics) return null;
  return (
    <section aria-label={text.overview.returns} className={cx('card no-scrollbar relative min-w-0 overflow-x-auto', className)} tabIndex={0}>
      <table className="w-full text-sm">
        <caption className="sr-only">{text.overview.returns}</caption>
        <thead>
          <tr>
            <th scope="row" className="px-(--pad) pt-2 pb-0 text-left text-xs font-normal text-muted">{text.overview.returnsShort}</th>
            {strip.map((period) => <th key={period} scope="col" className="px-3 pt-2 text-right text-xs font-normal text-muted last:pr-(--pad)">{text.stripPeriods[period]}</th>)}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row" className="px-(--pad) pt-0 pb-2.5 text-left font-normal whitespace-nowrap">{text.kpi.twrShort}</th>
            {strip.map((period) => {
              const annualized = present(metrics[`time_weighted_return_${period}_annualized`]);
              return (
                <td key={period} className="mono px-3 pb-2.5 text-right last:pr-(--pad)" title={typeof annualized === 'number' ? text.overview.perYear(f.fraction(annualized, { sign: true })) : undefined}>
                  <Figure value={metrics[`time_weighted_return_${period}`]} format="percentage" coloured compact />
                </td>
              );
            })}
          </tr>
        </tbody>
      </table>
    </section>
  );
}
