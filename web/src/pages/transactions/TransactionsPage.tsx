/** The book, newest first: filtered, paged by cursor, and the place to add, amend and void. */

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { MoreHorizontal, Plus } from 'lucide-react';
import { useMemo, useState, type ReactNode } from 'react';
import { accountsQuery, transactionsQuery, type TransactionFilter } from '@/api/queries';
import type { TransactionRow } from '@/api/types';
import { Button, buttonClass, IconButton } from '@/components/Button';
import { DataTable, type Column } from '@/components/DataTable';
import { Figure } from '@/components/Figure';
import { Menu, MenuItem, MenuSeparator } from '@/components/Menu';
import { Panel } from '@/components/Panel';
import { SecurityName } from '@/components/SecurityName';
import { Empty, Loaded, SkeletonRows } from '@/components/States';
import { PageHeader } from '@/frame/PageHeader';
import { useMay, useScope } from '@/frame/scope';
import { useFormat } from '@/lib/format/context';
import { signOf } from '@/lib/format/decimal';
import { present } from '@/lib/format/wire';
import { shortSymbol } from '@/lib/symbol';
import type { TransactionSearch } from '@/router';
import { text } from '@/text';
import { Filters } from './Filters';
import { isKind, kinds, type Kind } from './kinds';
import { AmendForm, TransactionForm } from './TransactionForm';
import { TransactionSheet } from './TransactionSheet';
import { VoidDialog, type VoidTarget } from './VoidDialog';
import { kindWords, StatusChip } from './words';

export function filterOf(search: TransactionSearch): TransactionFilter {
  return {
    kind: search.kind?.split(',').filter(isKind),
    account_id: search.account,
    security_id: search.security,
    from: search.from,
    to: search.to,
    text: search.text,
    include_voided: search.voided,
  };
}

export function TransactionsPage() {
  const { scope, portfolio } = useScope();
  const search = useSearch({ from: '/frame/transactions' });
  const navigate = useNavigate({ from: '/transactions' });
  const mayWrite = useMay('portfolio_write') && portfolio.access === 'owner';
  const filter = useMemo(() => filterOf(search), [search]);
  const query = useInfiniteQuery(transactionsQuery(scope, filter));
  const { data: accounts = [] } = useQuery(accountsQuery(scope.portfolio));
  const [amending, setAmending] = useState<string>();
  const [voiding, setVoiding] = useState<VoidTarget>();
  const first = query.data?.pages[0];
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.value.transactions) ?? [], [query.data]);
  const total = first?.answer.meta?.page?.total;
  const accountNames = useMemo(() => new Map(accounts.map((account) => [account.id, account.name])), [accounts]);
  const columns = useMemo(
    () =>
      columnsFor({
        base: portfolio.base_currency,
        accountNames: accounts.length > 1 ? accountNames : undefined,
        actions: (row) => (
          <RowMenu
            row={row}
            mayWrite={mayWrite}
            onOpen={() => void navigate({ search: (previous) => ({ ...previous, open: row.transaction_id }) })}
            onAmend={() => setAmending(row.transaction_id)}
            onVoid={() => setVoiding({ id: row.transaction_id, kind: row.kind, symbol: present(row.symbol), trade_date: row.trade_date })}
          />
        ),
      }),
    [portfolio.base_currency, accounts.length, accountNames, mayWrite, navigate],
  );
  const filtered = Object.values(filter).some((value) => (Array.isArray(value) ? value.length > 0 : value !== undefined));
  const adding = isKind(search.add) ? search.add : undefined;

  return (
    <>
      <PageHeader
        title={text.nav.transactions}
        answer={first?.answer}
        actions={
          mayWrite && (
            <>
              <Link to="/imports" className={buttonClass()}>{text.overview.importFile}</Link>
              <Menu trigger={<Button look="primary" icon={<Plus size={16} aria-hidden />}>{text.transactions.add}</Button>}>
                {kinds.map((kind) => (
                  <MenuItem key={kind} onSelect={() => void navigate({ search: (previous) => ({ ...previous, add: kind }) })}>{kindWords(kind)}</MenuItem>
                ))}
              </Menu>
            </>
          )
        }
      />
      <Filters search={search} accounts={accounts} onChange={(change) => void navigate({ search: (previous) => ({ ...previous, ...change }), replace: true })} />
      <Panel title={text.transactions.book} unit={total === undefined || total === null ? undefined : text.transactions.count(total)} flush className={query.isPlaceholderData ? 'opacity-60' : ''}>
        <Loaded query={{ ...query, data: query.data }} skeleton={<SkeletonRows rows={12} />}>
          {() => (
            <>
              <DataTable
                caption={text.transactions.book}
                columns={columns}
                rows={rows}
                rowKey={(row) => row.transaction_id}
                rowTone={(row) => (isActive(row) ? undefined : 'text-muted [&_td]:line-through [&_td:last-child]:no-underline')}
                onOpen={(row) => void navigate({ search: (previous) => ({ ...previous, open: row.transaction_id }) })}
                empty={
                  <Empty action={filtered ? <Button onClick={() => void navigate({ search: ({ portfolio: p, as_of }) => ({ portfolio: p, as_of }) })}>{text.transactions.clearFilters}</Button> : undefined}>
                    {filtered ? text.transactions.noMatch : text.transactions.none}
                  </Empty>
                }
              />
              {rows.length > 0 && (
                <div className="flex flex-wrap items-center justify-between gap-3 px-(--pad) py-3 text-xs text-muted">
                  <span>{typeof total === 'number' ? text.transactions.shown(rows.length, total) : text.transactions.count(rows.length)}</span>
                  {query.hasNextPage && <Button small busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{text.transactions.older}</Button>}
                </div>
              )}
            </>
          )}
        </Loaded>
      </Panel>
      {adding && (
        <TransactionForm
          key={adding}
          kind={adding}
          accounts={accounts}
          onKind={(kind: Kind) => void navigate({ search: (previous) => ({ ...previous, add: kind }), replace: true })}
          onClose={() => void navigate({ search: (previous) => ({ ...previous, add: undefined }) })}
        />
      )}
      {amending && <AmendForm id={amending} accounts={accounts} onClose={() => setAmending(undefined)} />}
      {voiding && <VoidDialog transaction={voiding} onClose={() => setVoiding(undefined)} />}
      {search.open !== undefined && (
        <TransactionSheet
          id={search.open}
          accountNames={accountNames}
          mayWrite={mayWrite}
          onAmend={setAmending}
          onVoid={setVoiding}
          onClose={() => void navigate({ search: (previous) => ({ ...previous, open: undefined }) })}
        />
      )}
    </>
  );
}

const isActive = (row: TransactionRow): boolean => row.status === 'recorded';

function RowMenu({ row, mayWrite, onOpen, onAmend, onVoid }: { row: TransactionRow; mayWrite: boolean; onOpen: () => void; onAmend: () => void; onVoid: () => void }) {
  const active = isActive(row);
  return (
    <Menu trigger={<IconButton label={text.transactions.rowActions} className="!size-7"><MoreHorizontal size={16} aria-hidden /></IconButton>}>
      <MenuItem onSelect={onOpen}>{text.transactions.details}</MenuItem>
      {mayWrite && active && (
        <>
          <MenuItem onSelect={onAmend} disabled={!isKind(row.kind)}>{text.transactions.amend}</MenuItem>
          <MenuSeparator />
          <MenuItem danger onSelect={onVoid}>{text.transactions.void}</MenuItem>
        </>
      )}
    </Menu>
  );
}

/** On narrow screens the first cell says it all: what, with which security, when. */
function DateCell({ row }: { row: TransactionRow }) {
  const f = useFormat();
  return (
    <div className="max-sm:py-1.5">
      <span className="block sm:hidden">
        {kindWords(row.kind)} <span className="mono text-[0.8125rem] font-medium">{shortSymbol(present(row.symbol) ?? '')}</span> <StatusChip status={row.status} />
      </span>
      <time dateTime={row.trade_date} className="figures max-sm:text-xs max-sm:text-muted">{f.date(row.trade_date)}</time>
    </div>
  );
}

function columnsFor({ base, accountNames, actions }: { base: string; accountNames: Map<string, string> | undefined; actions: (row: TransactionRow) => ReactNode }): Column<TransactionRow>[] {
  const chargeOf = (charge: TransactionRow['fees']) => {
    const money = present(charge);
    return money && signOf(money.amount) !== 0 ? <span className="text-muted"><Figure value={money} /></span> : '';
  };
  const columns: (Column<TransactionRow> | false)[] = [
    { id: 'date', header: text.columns.date, cell: (row) => <DateCell row={row} /> },
    {
      id: 'kind',
      header: text.columns.kind,
      from: 'sm',
      cell: (row) => (
        <span className="inline-flex items-center gap-2 whitespace-nowrap">
          {kindWords(row.kind)} <StatusChip status={row.status} />
        </span>
      ),
    },
    accountNames !== undefined && { id: 'account', header: text.columns.account, from: 'xl' as const, cell: (row: TransactionRow) => <span className="text-muted">{accountNames.get(row.account_id)}</span> },
    {
      id: 'security',
      header: text.columns.security,
      from: 'sm',
      cell: (row) => {
        const symbol = present(row.symbol);
        const note = present(row.narration);
        return symbol ? <SecurityName symbol={symbol} name={present(row.name)} /> : <span className="block max-w-72 truncate text-muted" title={note}>{note}</span>;
      },
    },
    {
      id: 'quantity',
      header: text.columns.quantity,
      figures: true,
      from: 'md',
      cell: (row) => {
        const ratio = present(row.ratio);
        return ratio ? `${ratio.to}:${ratio.from}` : <Figure value={row.quantity} format="number" blank />;
      },
    },
    { id: 'price', header: text.columns.price, figures: true, from: 'lg', cell: (row) => <Figure value={row.price} format="price" stated={base} compact blank /> },
    { id: 'fees', header: text.columns.fees, figures: true, from: 'xl', cell: (row) => chargeOf(row.fees) },
    { id: 'taxes', header: text.columns.taxes, figures: true, from: 'xl', cell: (row) => chargeOf(row.tax) },
    {
      id: 'net',
      header: text.columns.net,
      note: text.columns.netNote,
      figures: true,
      cell: (row) => {
        const bought = present(row.counter_amount);
        const isNothing = signOf(present(row.amount)?.amount ?? '0') === 0;
        return (
          <>
            {!isNothing && <Figure value={row.amount} signed compact blank />}
            {bought && <span className="block text-xs leading-tight"><Figure value={bought} signed /></span>}
          </>
        );
      },
    },
    { id: 'realized', header: `${text.columns.realized} ${base}`, figures: true, from: 'lg', cell: (row) => <Figure value={row.realized_gain} stated={base} coloured compact blank /> },
    { id: 'actions', header: '', figures: true, cell: actions },
  ];
  return columns.filter((column) => column !== false);
}
