/** Time-weighted returns of the standard periods beside each other; those over a year also per year. */

import type { PerfMetrics } from '@/api/types';
import { Figure } from '@/components/Figure';
import { cx } from '@/lib/cx';
import { useFormat } from '@/lib/format/context';
import { present } from '@/lib/format/wire';
import { text } from '@/text';

/** Two halves: beside each other, on narrow screens below each other. */
const halves = [['1d', 'mtd', 'qtd', 'ytd'], ['1y', '3y', '5y', 'itd']] as const;

const cell = 'text-left max-sm:pl-3 max-sm:text-xs sm:px-3 sm:text-right sm:last:pr-(--pad)';
/** The words stand before the first half; on narrow screens, and for the second half, the caption says them. */
const label = (half: number) => (half === 0 ? 'px-(--pad) text-left font-normal max-sm:hidden' : 'hidden');

export function ReturnStrip({ metrics, className }: { metrics: PerfMetrics | undefined; className?: string }) {
  const f = useFormat();
  if (!metrics) return null;
  return (
    <section aria-label={text.overview.returns} className={cx('card min-w-0 pb-2.5 sm:flex', className)}>
      {halves.map((periods, half) => (
        <table key={half} className={cx('text-sm max-sm:w-full max-sm:table-fixed', half === 0 ? 'sm:w-[54%]' : 'sm:w-[46%]')}>
          <caption className={half === 0 ? 'px-3 pt-2 text-left text-xs text-muted sm:sr-only' : 'sr-only'}>{`${text.overview.returns}: ${text.kpi.twrShort}`}</caption>
          <thead>
            <tr>
              <th scope="col" className={cx(label(half), 'pt-2 text-xs text-muted')}>{text.overview.returnsShort}</th>
              {periods.map((period) => <th key={period} scope="col" className={cx(cell, 'pt-2 text-xs font-normal text-muted')}>{text.stripPeriods[period]}</th>)}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row" className={cx(label(half), 'whitespace-nowrap')}>{text.kpi.twrShort}</th>
              {periods.map((period) => {
                const annualized = present(metrics[`time_weighted_return_${period}_annualized`]);
                return (
                  <td key={period} className={cx(cell, 'mono')} title={typeof annualized === 'number' ? text.overview.perYear(f.fraction(annualized, { sign: true })) : undefined}>
                    <Figure value={metrics[`time_weighted_return_${period}`]} format="percentage" coloured compact />
                  </td>
                );
              })}
            </tr>
          </tbody>
        </table>
      ))}
    </section>
  );
}
