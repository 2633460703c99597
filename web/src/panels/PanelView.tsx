/** Draws any panel of an answer by its kind. Pages place the panels they know and hand the rest to this. */

import type { SortingState } from '@tanstack/react-table';
import { Table2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Panel as PanelData, PanelColumn, PanelMetric, Staleness } from '@/api/types';
import { ChartView } from '@/charts/ChartView';
import { unitText } from '@/charts/values';
import { IconButton } from '@/components/Button';
import { DataTable, type Column } from '@/components/DataTable';
import { Figure } from '@/components/Figure';
import { Panel } from '@/components/Panel';
import { Empty, NotApplicable } from '@/components/States';
import { useFormat } from '@/lib/format/context';
import { isAbsent } from '@/lib/format/wire';
import { text } from '@/text';
import { Prose } from './Prose';

interface PanelViewProps {
  panel: PanelData;
  staleness?: Staleness;
  className?: string;
  height?: number;
  title?: string;
}

export function PanelView({ panel, staleness, className, height, title = panel.title }: PanelViewProps) {
  const [table, setTable] = useState(false);
  const { settings } = useFormat();
  if (panel.hidden !== undefined) {
    return (
      <Panel title={title} className={className} flush>
        <NotApplicable>{panel.hidden.why}</NotApplicable>
      </Panel>
    );
  }
  switch (panel.kind) {
    case 'metrics':
      return (
        <Panel title={title} staleness={staleness} className={className}>
          <Metrics metrics={panel.metrics ?? []} />
        </Panel>
      );
    case 'table':
      return (
        <Panel title={title} staleness={staleness} className={className} flush>
          <PanelTable panel={panel} />
        </Panel>
      );
    case 'text':
      return (
        <Panel title={title} staleness={staleness} className={className}>
          <Prose content={panel.content ?? ''} />
        </Panel>
      );
    default: {
      const chart = panel.chart;
      if (chart === undefined || isAbsent(chart)) {
        return (
          <Panel title={title} className={className} flush>
            <NotApplicable>{chart ? chart.absent.why : text.states.unknownPanel(panel.kind)}</NotApplicable>
          </Panel>
        );
      }
      return (
        <Panel
          title={title}
          unit={unitText(chart)}
          // The server wrote the figures into this sentence, so it goes where amounts must not be seen.
          summary={settings.privacy && chart.y?.unit?.kind === 'money' ? undefined : chart.text}
          staleness={staleness}
          className={className}
          actions={
            <IconButton label={table ? text.charts.showChart : text.charts.showTable} aria-pressed={table} onClick={() => setTable(!table)}>
              <Table2 size={15} aria-hidden />
            </IconButton>
          }
        >
          <ChartView chart={chart} height={height} table={table} />
        </Panel>
      );
    }
  }
}

export function Metrics({ metrics }: { metrics: PanelMetric[] }) {
  return (
    <dl className="grid grid-cols-[repeat(auto-fill,minmax(140px,1fr))] gap-x-6 gap-y-4">
      {metrics.map((metric, index) => (
        <div key={index}>
          <dt className="text-xs text-muted" title={metric.description}>{metric.label}</dt>
          <dd className="mono mt-0.5 text-lg leading-tight">
            <Figure value={metric.value} format={metric.format} coloured={metric.color_condition === 'sign'} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

const figureFormats = new Set(['percentage', 'percent', 'currency', 'number', 'integer', 'decimal_2', 'bps', 'rating', 'bytes']);

function tableColumn(column: PanelColumn, index: number): Column<Record<string, unknown>> {
  const signed = column.color_condition === 'sign';
  const from = index < 3 ? undefined : index < 5 ? 'sm' : 'md';
  return {
    id: column.field,
    header: column.header,
    figures: figureFormats.has(column.format ?? ''),
    from,
    cell: (row) => <Figure value={row[column.field]} format={column.format} coloured={signed} compact />,
    sort: (row) => row[column.field],
  };
}

function PanelTable({ panel }: { panel: PanelData }) {
  const [sorting, setSorting] = useState<SortingState>(panel.sort_by ? [{ id: panel.sort_by, desc: panel.sort_order === 'desc' }] : []);
  const columns = useMemo(() => (panel.columns ?? []).map(tableColumn), [panel.columns]);
  const rows = panel.rows ?? [];
  const keys = new Map(rows.map((row, index) => [row, String(index)]));
  return (
    <DataTable
      caption={panel.title}
      columns={columns}
      rows={rows}
      rowKey={(row) => keys.get(row) ?? ''}
      sorting={sorting}
      onSortingChange={setSorting}
      empty={<Empty>{panel.empty ?? text.states.emptyList}</Empty>}
    />
  );
}
