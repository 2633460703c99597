import { describe, expect, it } from 'vitest';
import type { Chart } from '@/api/types';
import { formatter } from '@/lib/format/formatter';
import { seriesVariable } from './colours';
import { rest, slices } from './Donut';
import { levelAt, lineOption } from './lineOption';
import { pointText, type Part } from './values';
import { steps } from './Waterfall';

const part = (label: string, size: number): Part => ({ label, size, value: size });
const f = formatter({ locale: 'en-GB', timeZone: 'UTC', privacy: false });

describe('donut', () => {
  it('orders by size and keeps up to eight parts', () => {
    expect(slices([part('a', 1), part('b', 3), part('c', 2)]).map((slice) => slice.label)).toEqual(['b', 'c', 'a']);
  });
  it('gathers the small ones of more than eight, and loses nothing', () => {
    const all = Array.from({ length: 11 }, (_, index) => part(`p${index}`, index + 1));
    const shown = slices(all);
    expect(shown).toHaveLength(8);
    expect(shown.at(-1)).toMatchObject({ others: 4, size: 1 + 2 + 3 + 4 });
    expect(shown.reduce((sum, slice) => sum + slice.size, 0)).toBe(66);
  });
  it('leaves open what the shares leave out, but not what rounding does', () => {
    expect(rest(slices([part('a', 0.47), part('b', 0.32)]))).toBeCloseTo(0.21, 12);
    expect(rest(slices([part('a', 0.5), part('b', 0.4999)]))).toBe(0);
  });
});

describe('waterfall', () => {
  it('stacks the parts up to the total', () => {
    expect(steps([part('Local', 0.03), part('Currency', -0.01), part('Total', 0.02)])).toMatchObject([
      { from: 0, to: 0.03, kind: 'delta' }, { from: 0.03, kind: 'delta' }, { from: 0, to: 0.02, kind: 'total' },
    ]);
  });
  it('shows what the parts leave open as a step of its own', () => {
    const all = steps([part('Local', 0.03), part('Currency', 0.01), part('Total', 0.05)]);
    expect(all.map((step) => step.kind)).toEqual(['delta', 'delta', 'residual', 'total']);
    expect(all[2]?.value).toBeCloseTo(0.01, 12);
  });
  it('does not call the rounding of floats a residual', () => {
    expect(steps([part('a', 0.1), part('b', 0.2), part('Total', 0.3)]).map((step) => step.kind)).toEqual(['delta', 'delta', 'total']);
  });
});

describe('dated lines', () => {
  const chart: Chart = {
    kind: 'line', y: { unit: { kind: 'money', currency: 'EUR' } }, series: [{ name: 'NAV', role: 'primary', points: [['2022-06-13', '100.1'], ['2022-06-15', '102.3']] }],
    marks: [{ at: '2022-06-14', label: 'Deposit', role: 'positive' }, { at: '2022-06-15', label: 'Withdrawal', role: 'negative' }, { at: '2020-01-01', label: 'before' }],
  };
  it('puts a mark on the line, at the last level on or before its date', () => {
    expect(levelAt(chart, '2022-06-14')).toBe(100.1);
    expect(levelAt(chart, '2022-06-12')).toBeNull();
  });
  it('draws series by role and the marks that have a level, withdrawals pointing down', () => {
    const option = lineOption(chart, f, (name) => name, false) as { series: { name: string; data: { symbolRotate?: number }[]; itemStyle?: { color: string } }[] };
    expect(option.series.map((series) => series.name)).toEqual(['NAV', 'marks']);
    expect(option.series[0]?.itemStyle?.color).toBe('--s1');
    expect(option.series[1]?.data.map((mark) => mark.symbolRotate)).toEqual([0, 180]);
  });
  it('writes points in their unit', () => {
    expect(pointText('102.3', chart, f)).toBe('102.30');
    expect(pointText(1e-7, { ...chart, y: { unit: { kind: 'money', currency: 'EUR' } } }, f)).toBe('<0.01');
    expect(pointText(0.0312, { ...chart, y: { unit: { kind: 'fraction' } } }, f, { sign: true })).toBe('+3.12%');
    expect(pointText(null, chart, f)).toBe('—');
  });
});

it('keeps the colour of a category wherever it stands', () => {
  expect(seriesVariable('Health Care', 0)).toBe(seriesVariable('Health Care', 5));
  expect(seriesVariable('cash', 2)).toBe('var(--s8)');
});
