/** The table twin of a chart: the same values, readable and copyable. */

import type { Chart } from '@/api/types';
import { useFormat } from '@/lib/format/context';
import { text } from '@/text';
import { pointText } from './values';

const isoDate = /^\d{4}-\d{2}-\d{2}$/;

export function ChartTable({ chart }: { chart: Chart }) {
  const f = useFormat();
  const labels = [...new Set(chart.series.flatMap((series) => series.points.map(([label]) => label)))];
  const byLabel = chart.series.map((series) => new Map(series.points));
  const newestFirst = isoDate.test(labels[0] ?? '') ? labels.toSorted().toReversed() : labels;
  return (
    <div className="relative max-h-80 overflow-auto rounded-[6px] border border-soft" tabIndex={0} role="region" aria-label={text.charts.table(chart.title ?? '')}>
      <table className="w-full text-sm">
        <caption className="sr-only">{chart.title}</caption>
        <thead className="sticky top-0 bg-raised text-xs text-muted">
          <tr>
            <th scope="col" className="h-8 px-3 text-left font-medium">{isoDate.test(labels[0] ?? '') ? text.charts.date : text.charts.category}</th>
            {chart.series.map((series, index) => (
              <th key={index} scope="col" className="px-3 text-right font-medium">{series.name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {newestFirst.slice(0, 2000).map((label) => (
            <tr key={label} className="border-t border-soft">
              <th scope="row" className="h-7 px-3 text-left font-normal">{isoDate.test(label) ? f.date(label) : label}</th>
              {byLabel.map((values, index) => (
                <td key={index} className="figures px-3 text-right">{pointText(values.get(label) ?? null, chart, f)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
