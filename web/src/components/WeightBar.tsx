/** A weight with its bar: the figure is the information, the bar makes a column comparable at a glance. */

import { Figure } from './Figure';

/** `full` is the weight at which the bar is full. */
export function WeightBar({ value, full = 1 }: { value: unknown; full?: number }) {
  const width = typeof value === 'number' && full > 0 ? Math.min(100, Math.max(0, (value / full) * 100)) : 0;
  return (
    <span className="inline-flex items-center justify-end gap-2.5">
      <span className="h-1.5 w-10 2xl:w-16 overflow-hidden rounded-full bg-raised max-xl:hidden" aria-hidden>
        <span className="block h-full rounded-full bg-(--s1)" style={{ width: `${width}%` }} />
      </span>
      <span className="min-w-12"><Figure value={value} format="percentage" digits={1} compact /></span>
    </span>
  );
}
