/**
 * One chart of the neutral schema, by its kind, with its table twin (key `t`) and its text summary.
 * Dated lines are drawn by ECharts, loaded when first needed; parts, bars and waterfalls are our own SVG.
 */

import { lazy, Suspense, useMemo, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { Chart } from '@/api/types';
import { Skeleton } from '@/components/States';
import { useFormat } from '@/lib/format/context';
import { text } from '@/text';
import { Bars } from './Bars';
import { ChartTable } from './ChartTable';
import { Donut } from './Donut';
import { parts } from './values';
import { Waterfall } from './Waterfall';

const LineChart = lazy(() => import('./LineChart'));

interface ChartViewProps {
  chart: Chart;
  height?: number;
  /** Opened from outside, by the panel's menu. */
  table?: boolean;
}

export function ChartView({ chart: given, height = 260, table }: ChartViewProps) {
  const { settings } = useFormat();
  // The server wrote the figures into the text, so it goes where amounts must not be seen or read out.
  const chart = useMemo(() => (settings.privacy && given.y?.unit?.kind === 'money' ? { ...given, text: undefined } : given), [given, settings.privacy]);
  const [twin, setTwin] = useState(false);
  const showTable = (table ?? false) !== twin;
  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    if (event.key === 't' && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      setTwin(!twin);
    }
  }
  const empty = chart.series.every((series) => series.points.length === 0);
  return (
    <figure className="m-0" onKeyDown={onKeyDown} aria-label={chart.title}>
      {empty ? (
        <p className="py-10 text-center text-sm text-muted">{chart.absent?.[0]?.why ?? text.charts.empty}</p>
      ) : showTable ? (
        <ChartTable chart={chart} />
      ) : (
        <Drawing chart={chart} height={height} />
      )}
      {chart.text !== undefined && <figcaption className="sr-only">{chart.text}</figcaption>}
    </figure>
  );
}

function Drawing({ chart, height }: { chart: Chart; height: number }): ReactNode {
  switch (chart.kind) {
    case 'donut':
    case 'pie':
      // A negative part has no slice: bars say it.
      return parts(chart).some((part) => part.size < 0) ? <Bars chart={chart} /> : <Donut chart={chart} />;
    case 'waterfall':
      return <Waterfall chart={chart} height={Math.min(height, 210)} />;
    case 'bar':
    case 'horizontal_bar':
    case 'stacked_bar':
    case 'treemap':
      return <Bars chart={chart} />;
    case 'line':
    case 'multi_line':
    case 'area':
    case 'stacked_area':
    case 'underwater':
      return (
        <Suspense fallback={<div style={{ height }}><Skeleton className="h-full w-full" /></div>}>
          <LineChart chart={chart} height={height} />
        </Suspense>
      );
    default:
      // A kind that this build does not draw keeps its figures.
      return <ChartTable chart={chart} />;
  }
}
