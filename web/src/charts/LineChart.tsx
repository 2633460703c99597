/** A dated chart on canvas. Focused, its points are read with the arrow keys and spoken. */

import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { Chart } from '@/api/types';
import { useAppearance } from '@/lib/appearance';
import { useFormat } from '@/lib/format/context';
import { text } from '@/text';
import { resolveVariable } from './colours';
import { init, type ECharts } from './echarts';
import { lineOption } from './lineOption';
import { pointText } from './values';

export default function LineChart({ chart, height }: { chart: Chart; height: number }) {
  const element = useRef<HTMLDivElement>(null);
  const instance = useRef<ECharts | null>(null);
  const { theme, signs } = useAppearance();
  const f = useFormat();
  const [reading, setReading] = useState<number>();
  const points = useMemo(() => chart.series[0]?.points ?? [], [chart]);

  useEffect(() => {
    if (!element.current) return;
    const created = init(element.current, undefined, { renderer: 'canvas' });
    instance.current = created;
    const observer = new ResizeObserver(() => created.resize());
    observer.observe(element.current);
    return () => {
      observer.disconnect();
      created.dispose();
      instance.current = null;
    };
  }, []);

  // Theme and signs are not read here, but the colours of the tokens depend on them.
  useEffect(() => {
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    instance.current?.setOption(lineOption(chart, f, resolveVariable, !still), { notMerge: true });
  }, [chart, f, theme, signs]);

  function onKeyDown(event: KeyboardEvent) {
    const last = points.length - 1;
    const step = event.shiftKey ? 20 : 1;
    const at = reading ?? last;
    const next: Record<string, number> = { ArrowLeft: at - step, ArrowRight: at + step, Home: 0, End: last };
    const target = next[event.key];
    if (target === undefined) return;
    event.preventDefault();
    const index = Math.min(last, Math.max(0, target));
    setReading(index);
    instance.current?.dispatchAction({ type: 'showTip', seriesIndex: 0, dataIndex: index });
  }

  const read = reading === undefined ? undefined : points[reading];
  return (
    <div
      tabIndex={0}
      role="img"
      aria-label={`${chart.title ?? ''}. ${chart.text ?? ''} ${text.charts.keys}`}
      onKeyDown={onKeyDown}
      onBlur={() => {
        setReading(undefined);
        instance.current?.dispatchAction({ type: 'hideTip' });
      }}
    >
      <div ref={element} style={{ height }} />
      <span className="sr-only" aria-live="polite">{read ? `${f.date(read[0])}: ${pointText(read[1], chart, f)}` : ''}</span>
    </div>
  );
}
