/** Values of the neutral chart schema: their text by unit, and the float that only a position on screen is made of. */

import type { Chart, Unit } from '@/api/types';
import { dash, type Formatter } from '@/lib/format/formatter';

export type Point = number | string | null;

/** For drawing only: figures are always written from the original value. */
export function position(value: Point): number | null {
  if (value === null) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

export function isFraction(unit: Unit | undefined, format: string | undefined): boolean {
  return unit?.kind === 'fraction' || format === 'percentage' || format === 'percent';
}

export function pointText(value: Point, chart: Chart, f: Formatter, options: { short?: boolean; sign?: boolean } = {}): string {
  if (value === null) return dash;
  const unit = chart.y?.unit;
  if (unit?.kind === 'money' && unit.currency) return f.money({ amount: plainDecimal(value), currency: unit.currency }, { short: options.short, sign: options.sign });
  if (isFraction(unit, chart.y?.format)) return f.fraction(Number(value), { sign: options.sign, digits: options.short ? (Math.abs(Number(value)) >= 0.1 ? 0 : 1) : 2 });
  if (unit?.kind === 'bps') return f.bps(Number(value));
  return f.ratio(Number(value));
}

/** Charts may carry money as numbers; exponents and long tails are not decimal texts. */
function plainDecimal(value: number | string): string {
  if (typeof value === 'string') return value;
  return value.toFixed(10).replace(/\.?0+$/, '');
}

export function unitText(chart: Chart): string | undefined {
  const unit = chart.y?.unit;
  if (unit?.kind === 'money') return unit.currency;
  if (isFraction(unit, chart.y?.format)) return '%';
  return undefined;
}

export interface Part {
  label: string;
  value: Point;
  size: number;
}

export function parts(chart: Chart): Part[] {
  return (chart.series[0]?.points ?? []).map(([label, value]) => ({ label, value, size: position(value) ?? 0 }));
}
