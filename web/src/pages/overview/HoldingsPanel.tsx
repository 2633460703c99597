/** What the book consists of, securities and cash, largest first. */

import type { SortingState } from '@tanstack/react-table';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Answer, CashPosition, OverviewData, ValuedPosition } from '@/api/types';
import { Chip } from '@/components/Chip';
import { DataTable, type Column } from '@/components/DataTable';
import { Figure } from '@/components/Figure';
import { Panel } from '@/components/Panel';
import { SecurityName } from '@/components/SecurityName';
import { Empty } from '@/components/States';
import { WeightBar } from '@/components/WeightBar';
import { present } from '@/lib/format/wire';
import { text } from '@/text';
import type { OverviewValues } from './panels';

type Row = { kind: 'security'; key: string; position: ValuedPosition } | { kind: 'cash'; key: string; cash: CashPosition };

export function HoldingsPanel({ values, answer, className }: { values: OverviewValues; answer: Answer<OverviewData>; className?: string }) {
  const base = answer.context.base_currency;
  const [sorting, setSorting] = useState<SortingState>([{ id: 'value', desc: true }]);
  const rows = useMemo<Row[]>(
    () => [
      ...(values.positions?.positions ?? []).map((position): Row => ({ kind: 'security', key: position.security_id, position })),
      ...(values.positions?.cash ?? []).map((cash): Row => ({ kind: 'cash', key: `cash-${cash.currency}`, cash })),
    ],
    [values.positions],
  );
  const full = Math.max(0, ...rows.map((row) => present(weightOf(row)) ?? 0));
  const columns = useMemo(() => columnsFor(base, full), [base, full]);
  return (
    <Panel
      title={text.nav.holdings}
      unit={base}
      staleness={answer.staleness?.holdings}
      className={className}
      flush
      actions={<Link to="/holdings" className="px-1 text-xs">{text.overview.allHoldings}</Link>}
    >
      <DataTable
        caption={text.nav.holdings}
        columns={columns}
        rows={rows}
        rowKey={(row) => row.key}
        sorting={sorting}
        onSortingChange={setSorting}
        empty={<Empty>{text.overview.noPositions}</Empty>}
      />
    </Panel>
  );
}

function weightOf(row: Row) {
  return row.kind === 'security' ? row.position.weight : row.cash.weight;
}

function columnsFor(base: string, full: number): Column<Row>[] {
  const of = <T,>(pick: (position: ValuedPosition) => T) => (row: Row) => (row.kind === 'security' ? pick(row.position) : undefined);
  const value = (row: Row) => (row.kind === 'security' ? row.position.market_value : row.cash.base_value);
  return [
    {
      id: 'name',
      header: text.columns.security,
      sort: (row) => (row.kind === 'security' ? row.position.symbol : row.cash.currency),
      cell: (row) =>
        row.kind === 'security' ? (
          <Link to="/holdings" search={{ open: row.position.security_id }} className="text-text no-underline hover:underline">
            <SecurityName symbol={row.position.symbol} name={row.position.name} />
          </Link>
        ) : (
          <SecurityName symbol={row.cash.currency} name={text.overview.cash} muted />
        ),
    },
    { id: 'sector', header: text.columns.sector, from: 'xl', sort: of((p) => p.sector), cell: (row) => (row.kind === 'security' ? <span className="block max-w-32 truncate text-muted 2xl:max-w-56" title={typeof row.position.sector === 'string' ? row.position.sector : undefined}>{typeof row.position.sector === 'string' ? row.position.sector : '—'}</span> : '') },
    { id: 'quantity', header: text.columns.quantity, figures: true, from: 'xl', sort: of((p) => p.quantity), cell: (row) => (row.kind === 'security' ? <Figure value={row.position.quantity} format="number" /> : <Figure value={row.cash.amount} />) },
    {
      id: 'price',
      header: text.columns.price,
      figures: true,
      from: 'md',
      cell: (row) =>
        row.kind === 'security' ? (
          <>
            {row.position.stale === true && <span className="mr-1.5"><Chip tone="amber">{text.staleness.stale}</Chip></span>}
            <Figure value={row.position.price} format="price" stated={base} compact />
          </>
        ) : (
          ''
        ),
    },
    { id: 'value', header: text.columns.value, figures: true, sort: value, cell: (row) => <Figure value={value(row)} stated={base} compact /> },
    { id: 'weight', header: text.columns.weight, figures: true, from: 'sm', sort: weightOf, cell: (row) => <WeightBar value={weightOf(row)} full={full} /> },
    { id: 'day', header: text.columns.day, figures: true, from: 'sm', sort: of((p) => p.day_return), cell: (row) => (row.kind === 'security' ? <Figure value={row.position.day_return} format="percentage" coloured compact /> : '') },
    { id: 'gain', header: text.columns.gain, note: text.columns.gainNote, figures: true, from: 'md', sort: of((p) => p.unrealized_gain), cell: (row) => (row.kind === 'security' ? <Figure value={row.position.unrealized_gain} stated={base} coloured compact /> : '') },
    { id: 'gainFraction', header: text.columns.gainFraction, figures: true, sort: of((p) => p.unrealized_gain_fraction), cell: (row) => (row.kind === 'security' ? <Figure value={row.position.unrealized_gain_fraction} format="percentage" coloured compact /> : '') },
  ];
}
