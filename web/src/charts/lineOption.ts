/** The ECharts option of a dated chart: roles become theme colours, units become axis and tooltip texts. */

import type { Chart } from '@/api/types';
import type { Formatter } from '@/lib/format/formatter';
import { roleVariable } from './colours';
import type { EChartsCoreOption } from './echarts';
import { pointText, position } from './values';

export type Colour = (variable: string) => string;

/** Value of the first series on a date, or on the last one before it: where a mark sits. */
export function levelAt(chart: Chart, date: string): number | null {
  const points = chart.series[0]?.points ?? [];
  let level: number | null = null;
  for (const [at, value] of points) {
    if (at > date) break;
    level = position(value);
  }
  return level;
}

export function lineOption(chart: Chart, f: Formatter, colour: Colour, animate: boolean): EChartsCoreOption {
  const underwater = chart.kind === 'underwater';
  const area = underwater || chart.kind === 'area' || chart.kind === 'stacked_area';
  const lines = chart.series.map((series, index) => {
    const stroke = colour(roleVariable(series.role ?? (index === 0 ? 'primary' : undefined), index));
    return {
      type: 'line' as const,
      name: series.name,
      data: series.points.map(([at, value]) => [at, position(value)]),
      showSymbol: false,
      symbol: 'circle',
      symbolSize: 7,
      ...(chart.kind === 'stacked_area' && { stack: 'all' }),
      lineStyle: { width: index === 0 ? 1.75 : 1.5, color: stroke, type: series.role === 'benchmark' ? ('dashed' as const) : ('solid' as const) },
      itemStyle: { color: stroke },
      emphasis: { disabled: true },
      ...((area || (index === 0 && chart.series.length === 1)) && { areaStyle: { color: stroke, opacity: area ? 0.22 : 0.07, origin: underwater ? ('end' as const) : ('auto' as const) } }),
    };
  });
  const marks = (chart.marks ?? []).map((mark) => ({ ...mark, level: levelAt(chart, mark.at) })).filter((mark) => mark.level !== null);
  const flows = marks.length > 0 && {
    type: 'line' as const,
    name: 'marks',
    data: marks.map((mark) => {
      const out = mark.role === 'negative' || Number(mark.value ?? 0) < 0 || /withdraw|out/i.test(mark.label ?? '');
      return { value: [mark.at, mark.level], symbolRotate: out ? 180 : 0, itemStyle: { color: colour(out ? '--loss' : '--s2') } };
    }),
    symbol: 'triangle',
    symbolSize: 9,
    showSymbol: true,
    lineStyle: { opacity: 0 },
    emphasis: { disabled: true },
    z: 5,
    silent: true,
  };
  const muted = colour('--muted');
  return {
    animation: animate,
    animationDuration: 150,
    textStyle: { fontFamily: 'Inter Variable, system-ui, sans-serif' },
    grid: { left: 4, right: 8, top: 12, bottom: 2, containLabel: true },
    xAxis: {
      type: 'time',
      axisLine: { lineStyle: { color: colour('--line') } },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: { color: muted, fontSize: 11, hideOverlap: true, formatter: { year: '{yyyy}', month: '{MMM}', day: '{d} {MMM}' } },
    },
    yAxis: {
      type: 'value',
      scale: !area,
      splitNumber: 4,
      splitLine: { lineStyle: { color: colour('--line-soft') } },
      axisLabel: { color: muted, fontSize: 11, formatter: (value: number) => pointText(value, chart, f, { short: true }) },
    },
    tooltip: {
      trigger: 'axis',
      confine: true,
      transitionDuration: 0,
      backgroundColor: colour('--raised'),
      borderColor: colour('--line'),
      textStyle: { color: colour('--text'), fontSize: 12 },
      axisPointer: { type: 'line', lineStyle: { color: colour('--line-strong'), type: 'solid' } },
      formatter: (items: { axisValue?: number | string; seriesIndex: number; dataIndex: number }[]) => tooltip(chart, f, items),
    },
    dataZoom: [{ type: 'inside', zoomOnMouseWheel: 'ctrl', moveOnMouseMove: false, moveOnMouseWheel: false }],
    series: flows ? [...lines, flows] : lines,
  };
}

/** Built from elements: the policy forbids styles and markup that come as text. */
function tooltip(chart: Chart, f: Formatter, items: { seriesIndex: number; dataIndex: number }[]): HTMLElement | string {
  const first = items[0];
  const date = first && chart.series[first.seriesIndex]?.points[first.dataIndex]?.[0];
  if (!first || !date) return '';
  const box = document.createElement('div');
  const line = (words: string, className: string) => {
    const element = document.createElement('div');
    element.className = className;
    element.textContent = words;
    box.append(element);
  };
  line(f.date(date), 'text-xs text-muted');
  for (const item of items) {
    const series = chart.series[item.seriesIndex];
    const point = series?.points[item.dataIndex];
    if (series && point) line(`${chart.series.length > 1 ? `${series.name} ` : ''}${pointText(point[1], chart, f)}`, 'figures font-medium text-text');
  }
  for (const mark of chart.marks ?? []) if (mark.at === date && mark.label && !f.settings.privacy) line(mark.label, 'text-xs text-muted');
  return box;
}
