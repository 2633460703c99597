/**
 * From parts to their total. The sum is checked: what the parts leave open is shown as a step of its own, never hidden.
 */

import type { Chart } from '@/api/types';
import { useFormat } from '@/lib/format/context';
import { text } from '@/text';
import { parts, pointText, type Part } from './values';

export interface Step {
  label: string;
  value: Part['value'];
  from: number;
  to: number;
  kind: 'delta' | 'total' | 'residual';
}

/** Below this share of the total a difference is rounding of floats, not a residual. */
const tolerance = 1e-9;

export function steps(all: Part[]): Step[] {
  const last = all.at(-1);
  const hasTotal = last !== undefined && /total|return$|sum/i.test(last.label) && all.length > 1;
  const deltas = hasTotal ? all.slice(0, -1) : all;
  const result: Step[] = [];
  let level = 0;
  for (const delta of deltas) {
    result.push({ label: delta.label, value: delta.value, from: level, to: level + delta.size, kind: 'delta' });
    level += delta.size;
  }
  if (hasTotal) {
    const residual = last.size - level;
    if (Math.abs(residual) > tolerance * Math.max(1, Math.abs(last.size))) {
      result.push({ label: '', value: residual, from: level, to: last.size, kind: 'residual' });
    }
    result.push({ label: last.label, value: last.value, from: 0, to: last.size, kind: 'total' });
  }
  return result;
}

export function Waterfall({ chart, height }: { chart: Chart; height: number }) {
  const f = useFormat();
  const all = steps(parts(chart));
  const low = Math.min(0, ...all.flatMap((step) => [step.from, step.to]));
  const high = Math.max(0, ...all.flatMap((step) => [step.from, step.to]));
  const span = (high - low || 1) * 1.18;
  const top = high + (high - low || 1) * 0.09;
  const y = (value: number) => ((top - value) / span) * 100;
  const label = (step: Step) => (step.kind === 'residual' ? text.charts.residual : step.label);
  return (
    <div className="relative flex gap-3 text-center" style={{ height: Math.min(height, 240) }} role="list">
      <span className="pointer-events-none absolute inset-x-0 h-px bg-strong" style={{ top: `calc((100% - 40px) * ${y(0) / 100})` }} aria-hidden />
      {all.map((step, index) => {
        const upper = Math.max(step.from, step.to);
        const lower = Math.min(step.from, step.to);
        const colour = step.kind === 'total' ? 'var(--s1)' : step.kind === 'residual' ? 'var(--amber)' : step.to < step.from ? 'var(--loss)' : 'var(--gain)';
        return (
          <div key={index} role="listitem" className="flex min-w-0 flex-1 flex-col">
            <div className="relative flex-1">
              <span
                className="absolute inset-x-[18%] rounded-[2px]"
                style={{ top: `${y(upper)}%`, height: `max(2px, ${y(lower) - y(upper)}%)`, background: colour }}
                aria-hidden
              />
              {index < all.length - 1 && <span className="absolute -right-[calc(18%+12px)] left-[82%] h-px bg-strong" style={{ top: `${y(step.to)}%` }} aria-hidden />}
            </div>
            <div className="h-10 pt-1.5 text-xs leading-tight">
              <div className="truncate text-muted" title={label(step)}>{label(step)}</div>
              <div className="figures mono mt-0.5">{pointText(step.value, chart, f, { sign: true })}</div>
            </div>
          </div>
        );
      })}
    </div>
  );
}
