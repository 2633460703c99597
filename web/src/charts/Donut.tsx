/**
 * Parts of a whole: ring and list of figures; more than eight parts are gathered as "others (n)".
 * Invariant: an arc is as long as its figure says. Shares that do not fill the whole leave the ring open.
 */

import type { Chart } from '@/api/types';
import { useFormat } from '@/lib/format/context';
import { text } from '@/text';
import { seriesVariable } from './colours';
import { parts, pointText, type Part } from './values';

const most = 8;

export interface Slice extends Part {
  others?: number;
}

/** The largest first; the small ones together, so that the ring stays readable. */
export function slices(all: Part[]): Slice[] {
  const sorted = all.filter((part) => part.size > 0).toSorted((a, b) => b.size - a.size);
  if (sorted.length <= most) return sorted;
  const small = sorted.slice(most - 1);
  const size = small.reduce((sum, part) => sum + part.size, 0);
  return [...sorted.slice(0, most - 1), { label: '', value: size, size, others: small.length }];
}

const radius = 40;
const around = 2 * Math.PI * radius;
const gap = 1.2;

export function Donut({ chart }: { chart: Chart }) {
  const f = useFormat();
  const shown = slices(parts(chart));
  const open = isShare(chart) ? rest(shown) : 0;
  const total = shown.reduce((sum, slice) => sum + slice.size, open);
  const arcs = shown.map((slice, index) => {
    const before = shown.slice(0, index).reduce((sum, other) => sum + other.size, 0);
    return { slice, from: (before / total) * around, length: (slice.size / total) * around };
  });
  const label = (slice: Slice) => (slice.others ? text.charts.others(slice.others) : ((text.assetClasses as Record<string, string>)[slice.label] ?? slice.label));
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-4">
      <svg viewBox="0 0 100 100" className="mx-auto size-40 shrink-0 -rotate-90" aria-hidden>
        {open > 0 && <circle cx="50" cy="50" r={radius} fill="none" stroke="var(--raised)" strokeWidth="13" />}
        {arcs.map(({ slice, from, length }, index) => (
          <circle
            key={index}
            cx="50"
            cy="50"
            r={radius}
            fill="none"
            stroke={slice.others ? 'var(--muted)' : seriesVariable(slice.label, index)}
            strokeWidth="13"
            strokeDasharray={`${Math.max(0.4, length - (shown.length > 1 ? gap : 0))} ${around}`}
            strokeDashoffset={-from}
          >
            <title>{`${label(slice)} ${pointText(slice.value, chart, f)}`}</title>
          </circle>
        ))}
      </svg>
      <ul className="min-w-44 flex-1 space-y-1 text-sm">
        {shown.map((slice, index) => (
          <li key={index} className="flex items-center gap-2.5">
            <span className="size-2.5 shrink-0 rounded-[3px]" style={{ background: slice.others ? 'var(--muted)' : seriesVariable(slice.label, index) }} aria-hidden />
            <span className="min-w-0 flex-1 truncate" title={label(slice)}>{label(slice)}</span>
            <span className="figures">{share(slice.value, chart, f)}</span>
          </li>
        ))}
        {open > 0 && (
          <li className="flex items-center gap-2.5 text-muted">
            <span className="size-2.5 shrink-0 rounded-[3px] bg-raised outline-1 outline-line" aria-hidden />
            <span className="min-w-0 flex-1 truncate">{text.charts.rest}</span>
            <span className="figures">{f.fraction(open, { digits: 1 })}</span>
          </li>
        )}
      </ul>
    </div>
  );
}

/** How much of the whole the parts leave out; what rounding leaves out is nothing. */
export function rest(shown: Slice[]): number {
  const left = 1 - shown.reduce((sum, slice) => sum + slice.size, 0);
  return left > 0.0005 ? left : 0;
}

function isShare(chart: Chart): boolean {
  return chart.y?.unit?.kind === 'fraction' || chart.y?.format === 'percentage' || chart.y?.unit === undefined;
}

function share(value: Part['value'], chart: Chart, f: ReturnType<typeof useFormat>): string {
  return isShare(chart) ? f.fraction(Number(value), { digits: 1 }) : pointText(value, chart, f);
}
