/** Bars by category around a zero line that is always shown; the figure stands beside each bar. */

import type { Chart } from '@/api/types';
import { cx } from '@/lib/cx';
import { useFormat } from '@/lib/format/context';
import { parts, pointText } from './values';

export function Bars({ chart }: { chart: Chart }) {
  const f = useFormat();
  const rows = parts(chart);
  const low = Math.min(0, ...rows.map((row) => row.size));
  const high = Math.max(0, ...rows.map((row) => row.size));
  const span = high - low || 1;
  const zero = (-low / span) * 100;
  return (
    <ul className="space-y-1.5 text-sm">
      {rows.map((row, index) => {
        const width = (Math.abs(row.size) / span) * 100;
        return (
          <li key={index} className="grid grid-cols-[minmax(80px,30%)_1fr_auto] items-center gap-3">
            <span className="truncate" title={row.label}>{row.label}</span>
            <span className="relative h-4" aria-hidden>
              <span className="absolute inset-y-0 w-px bg-strong" style={{ left: `${zero}%` }} />
              <span
                className={cx('absolute inset-y-0.5 rounded-[2px]', low < 0 ? (row.size < 0 ? 'bg-loss' : 'bg-gain') : 'bg-(--s1)')}
                style={{ left: `${row.size < 0 ? zero - width : zero}%`, width: `${width}%` }}
              />
            </span>
            <span className="figures text-right">{pointText(row.value, chart, f, { sign: low < 0 })}</span>
          </li>
        );
      })}
    </ul>
  );
}
