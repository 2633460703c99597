/** Every position with its lots: the way from a figure to the purchases behind it. */

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { SortingState } from '@tanstack/react-table';
import { useMemo, useState } from 'react';
import { holdingsQuery } from '@/api/queries';
import type { CashPosition, ValuedPosition } from '@/api/types';
import { Chip } from '@/components/Chip';
import { DataTable, type Column } from '@/components/DataTable';
import { Figure } from '@/components/Figure';
import { Panel } from '@/components/Panel';
import { SecurityName } from '@/components/SecurityName';
import { Empty, Loaded, SkeletonRows } from '@/components/States';
import { WeightBar } from '@/components/WeightBar';
import { PageHeader } from '@/frame/PageHeader';
import { useScope } from '@/frame/scope';
import { useFormat } from '@/lib/format/context';
import { present } from '@/lib/format/wire';
import { text } from '@/text';
import { LotsTable } from './LotsTable';

/** `value` or `-value` in the address. */
function sortingOf(sort: string | undefined): SortingState {
  if (!sort) return [{ id: 'value', desc: true }];
  return [{ id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }];
}

export function HoldingsPage() {
  const { scope, portfolio } = useScope();
  const { open, sort } = useSearch({ from: '/frame/holdings' });
  const navigate = useNavigate({ from: '/holdings' });
  const query = useQuery(holdingsQuery(scope));
  const base = query.data?.answer.context.base_currency ?? portfolio.base_currency;
  const [filter, setFilter] = useState('');
  const columns = useMemo(() => columnsFor(base, largest(query.data?.value.positions)), [base, query.data]);
  const rows = useMemo(() => {
    const wanted = filter.trim().toLowerCase();
    const all = query.data?.value.positions ?? [];
    return wanted ? all.filter((row) => [row.symbol, row.name, present(row.sector)].some((word) => word?.toLowerCase().includes(wanted))) : all;
  }, [query.data, filter]);
  return (
    <>
      <PageHeader title={text.nav.holdings} answer={query.data?.answer} />
      <Panel
        title={text.holdings.positions}
        unit={base}
        flush
        actions={<input type="search" aria-label={text.holdings.filter} placeholder={text.holdings.filter} value={filter} onChange={(event) => setFilter(event.target.value)} className="field !min-h-8 w-44 !py-1" />}
      >
        <Loaded query={query} skeleton={<SkeletonRows rows={10} />}>
          {() => (
            <DataTable
              caption={text.holdings.positions}
              columns={columns}
              rows={rows}
              rowKey={(row) => row.security_id}
              sorting={sortingOf(sort)}
              onSortingChange={([first]) => void navigate({ search: (previous) => ({ ...previous, sort: first ? `${first.desc ? '-' : ''}${first.id}` : undefined }), replace: true })}
              expanded={open}
              onExpand={(key) => void navigate({ search: (previous) => ({ ...previous, open: key }), replace: true })}
              detail={(row) => <LotsTable scope={scope} holding={row} base={base} />}
              empty={<Empty>{filter ? text.holdings.noMatch : text.overview.noPositions}</Empty>}
            />
          )}
        </Loaded>
      </Panel>
      {query.data && query.data.value.cash.length > 0 && <CashPanel cash={query.data.value.cash} base={base} />}
    </>
  );
}

/** Cash by currency: part of the value, without lots. */
function CashPanel({ cash, base }: { cash: CashPosition[]; base: string }) {
  return (
    <Panel title={text.overview.cash} unit={base} flush className="mt-(--gap)">
      <DataTable caption={text.overview.cash} columns={cashColumns(base)} rows={cash} rowKey={(row) => row.currency} />
    </Panel>
  );
}

function cashColumns(base: string): Column<CashPosition>[] {
  return [
    { id: 'currency', header: text.columns.currency, width: '40%', cell: (row) => <span className="mono text-[0.8125rem] font-medium">{row.currency}</span> },
    { id: 'amount', header: text.columns.balance, figures: true, cell: (row) => <Figure value={row.amount} stated={row.currency} /> },
    { id: 'value', header: text.columns.value, figures: true, cell: (row) => <Figure value={row.base_value} stated={base} compact /> },
    { id: 'weight', header: text.columns.weight, figures: true, from: 'sm', cell: (row) => <WeightBar value={row.weight} /> },
  ];
}

function PriceCell({ holding, base }: { holding: ValuedPosition; base: string }) {
  const f = useFormat();
  const date = present(holding.price_date);
  return (
    <span title={date ? f.date(date) : undefined}>
      {holding.stale === true && <span className="mr-1.5"><Chip tone="amber">{date ? f.dateShort(date) : text.staleness.stale}</Chip></span>}
      <Figure value={holding.price} format="price" stated={base} compact />
    </span>
  );
}

/** The bar of the largest position is full: bars compare positions with each other. */
function largest(positions: ValuedPosition[] = []): number {
  return Math.max(0, ...positions.map((position) => present(position.weight) ?? 0));
}

function columnsFor(base: string, full: number): Column<ValuedPosition>[] {
  return [
    { id: 'name', header: text.columns.security, sort: (row) => row.symbol, cell: (row) => <SecurityName symbol={row.symbol} name={row.name} /> },
    { id: 'sector', header: text.columns.sector, from: 'xl', sort: (row) => row.sector, cell: (row) => <span className="block max-w-32 truncate text-muted 2xl:max-w-56" title={present(row.sector)}>{present(row.sector) ?? '—'}</span> },
    { id: 'quantity', header: text.columns.quantity, figures: true, from: 'sm', sort: (row) => row.quantity, cell: (row) => <Figure value={row.quantity} format="number" /> },
    { id: 'averageCost', header: text.columns.averageCost, figures: true, from: '2xl', cell: (row) => <Figure value={row.average_cost} format="price" stated={base} compact /> },
    { id: 'price', header: text.columns.price, figures: true, from: 'md', cell: (row) => <PriceCell holding={row} base={base} /> },
    { id: 'value', header: text.columns.value, figures: true, sort: (row) => row.market_value, cell: (row) => <Figure value={row.market_value} stated={base} compact /> },
    { id: 'weight', header: text.columns.weight, figures: true, from: 'lg', sort: (row) => row.weight, cell: (row) => <WeightBar value={row.weight} full={full} /> },
    { id: 'cost', header: text.columns.cost, note: text.columns.costNote, figures: true, from: '2xl', sort: (row) => row.cost_basis, cell: (row) => <Figure value={row.cost_basis} stated={base} compact /> },
    { id: 'day', header: text.columns.day, figures: true, from: 'lg', sort: (row) => row.day_return, cell: (row) => <Figure value={row.day_return} format="percentage" coloured compact /> },
    { id: 'gain', header: text.columns.gain, note: text.columns.gainNote, figures: true, from: 'md', sort: (row) => row.unrealized_gain, cell: (row) => <Figure value={row.unrealized_gain} stated={base} coloured compact /> },
    { id: 'currencyGain', header: text.columns.currencyGain, note: text.columns.currencyGainNote, figures: true, from: '2xl', sort: (row) => row.currency_gain, cell: (row) => <Figure value={row.currency_gain} stated={base} coloured compact /> },
    { id: 'gainFraction', header: text.columns.gainFraction, figures: true, sort: (row) => row.unrealized_gain_fraction, cell: (row) => <Figure value={row.unrealized_gain_fraction} format="percentage" coloured compact /> },
  ];
}
