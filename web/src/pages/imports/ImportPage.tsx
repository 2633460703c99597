/** One import: every row with its status and problems, what committing would change, and the commit itself. */

import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { AlertTriangle, CheckCircle2, CircleSlash, Copy, XCircle } from 'lucide-react';
import { useMemo, useRef, useState, type ReactNode } from 'react';
import { newIdempotencyKey, post } from '@/api/client';
import { booksKey, importPreviewQuery, importQuery } from '@/api/queries';
import type { ImportCounts, ImportRecord, ImportRow } from '@/api/types';
import { Button, buttonClass } from '@/components/Button';
import { Chip } from '@/components/Chip';
import { DataTable, type Column } from '@/components/DataTable';
import { Figure } from '@/components/Figure';
import { Panel } from '@/components/Panel';
import { Empty, Failure, Loaded, SkeletonRows } from '@/components/States';
import { PageHeader } from '@/frame/PageHeader';
import { useScope } from '@/frame/scope';
import { announce } from '@/lib/announce';
import { cx } from '@/lib/cx';
import { useFormat } from '@/lib/format/context';
import { present } from '@/lib/format/wire';
import { shortSymbol } from '@/lib/symbol';
import { kindWords } from '@/pages/transactions/words';
import { EffectBody } from '@/pages/transactions/EffectView';
import { queryClient } from '@/queryClient';
import { text } from '@/text';
import { importTones, importWords } from './words';

const statuses = ['error', 'warning', 'ok', 'duplicate', 'ignored'] as const;
type Status = (typeof statuses)[number];

const marks: Record<Status, { icon: ReactNode; tone: string }> = {
  error: { icon: <XCircle size={15} aria-hidden />, tone: 'text-red' },
  warning: { icon: <AlertTriangle size={15} aria-hidden />, tone: 'text-amber' },
  ok: { icon: <CheckCircle2 size={15} aria-hidden />, tone: 'text-gain' },
  duplicate: { icon: <Copy size={15} aria-hidden />, tone: 'text-muted' },
  ignored: { icon: <CircleSlash size={15} aria-hidden />, tone: 'text-muted' },
};

const isStatus = (value: unknown): value is Status => (statuses as readonly unknown[]).includes(value);

/** All statuses, the ones that no row has as zero; nothing while the file was not looked at. */
function countsOf(counts: Partial<ImportCounts> | undefined): ImportCounts | undefined {
  if (!counts || Object.keys(counts).length === 0) return undefined;
  return { ok: 0, warning: 0, error: 0, duplicate: 0, ignored: 0, ...counts };
}

export function ImportPage() {
  const { importId } = useParams({ from: '/frame/imports/$importId' });
  const { status } = useSearch({ from: '/frame/imports/$importId' });
  const navigate = useNavigate({ from: '/imports/$importId' });
  const { portfolio } = useScope();
  const record = useQuery(importQuery(importId));
  const shownStatus = isStatus(status) ? status : undefined;
  const preview = useInfiniteQuery(importPreviewQuery(importId, shownStatus));
  const rows = useMemo(() => preview.data?.pages.flatMap((page) => page.value.rows) ?? [], [preview.data]);
  const first = preview.data?.pages[0]?.value;
  const effects = present(first?.effects);
  const counts = countsOf(first?.counts ?? record.data?.counts);
  return (
    <>
      <PageHeader
        title={record.data?.file_name ?? text.imports.one}
        lead={record.data && <Lead record={record.data} />}
        actions={<Link to="/imports" className={buttonClass('quiet')}>{text.imports.all}</Link>}
      />
      {counts && (
        <div className="mb-(--gap) flex flex-wrap items-stretch gap-2" role="group" aria-label={text.imports.byStatus}>
          <Tile label={text.imports.allRows} count={statuses.reduce((sum, name) => sum + counts[name], 0)} pressed={shownStatus === undefined} onClick={() => void navigate({ search: (previous) => ({ ...previous, status: undefined }), replace: true })} />
          {statuses.map((name) => (
            <Tile key={name} label={text.imports.rowStatuses[name]} icon={<span className={marks[name].tone}>{marks[name].icon}</span>} count={counts[name]} pressed={shownStatus === name} onClick={() => void navigate({ search: (previous) => ({ ...previous, status: shownStatus === name ? undefined : name }), replace: true })} />
          ))}
        </div>
      )}
      {record.data && counts && <Commit record={record.data} counts={counts} />}
      <div className="grid grid-cols-12 gap-(--gap)">
        <Panel title={text.imports.preview} flush className={cx('col-span-12', effects && 'xl:col-span-8')}>
          <Loaded query={preview} skeleton={<SkeletonRows rows={10} />}>
            {() => (
              <>
                <DataTable caption={text.imports.preview} columns={columns} rows={rows} rowKey={(row) => `${row.line}.${row.part ?? 0}`} rowTone={(row) => (row.status === 'error' ? 'bg-red-wash' : undefined)} empty={<Empty>{text.imports.noRows}</Empty>} />
                {preview.hasNextPage && (
                  <div className="px-(--pad) py-3">
                    <Button small busy={preview.isFetchingNextPage} onClick={() => void preview.fetchNextPage()}>{text.imports.more}</Button>
                  </div>
                )}
              </>
            )}
          </Loaded>
        </Panel>
        {effects && (
          <Panel title={text.transactions.effect} className="col-span-12 self-start xl:col-span-4">
            <EffectBody base={portfolio.base_currency} effects={effects} warnings={first?.warnings} />
          </Panel>
        )}
      </div>
    </>
  );
}

function Lead({ record }: { record: ImportRecord }) {
  const f = useFormat();
  const { detected } = record;
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <Chip tone={importTones[record.status] ?? 'blue'}>{importWords(record.status)}</Chip>
      <span>{f.dateTime(record.created_at)}</span>
      <span>{[detected.format, detected.encoding, text.imports.delimiter(detected.delimiter)].join(' · ')}</span>
    </span>
  );
}

function Tile({ label, count, icon, pressed, onClick }: { label: string; count: number; icon?: ReactNode; pressed: boolean; onClick: () => void }) {
  return (
    <button type="button" aria-pressed={pressed} onClick={onClick} className={cx('card flex min-h-11 items-center gap-2.5 px-3.5 text-sm hover:bg-raised', pressed && '!border-teal')}>
      {icon}
      <span className="text-muted">{label}</span>
      <span className="mono font-medium">{count}</span>
    </button>
  );
}

function Commit({ record, counts }: { record: ImportRecord; counts: ImportCounts }) {
  const navigate = useNavigate();
  const key = useRef(newIdempotencyKey());
  const done = async (message: string) => {
    announce(message);
    await Promise.all([
      queryClient.invalidateQueries({ queryKey: booksKey }),
      queryClient.invalidateQueries({ queryKey: ['imports'] }),
      queryClient.invalidateQueries({ queryKey: ['portfolios'] }),
    ]);
  };
  const commit = useMutation({
    mutationFn: () => post(`/api/imports/${record.id}/commit`, { allow_warnings: counts.warning > 0 }, { idempotencyKey: key.current }),
    onSuccess: async () => {
      await done(text.imports.committed);
      void navigate({ to: '/overview' });
    },
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  const fresh = counts.ok + counts.warning;
  if (record.status === 'committed') {
    return (
      <div className="mb-(--gap) flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <CheckCircle2 size={16} className="text-gain" aria-hidden /> {text.imports.isCommitted}
        {record.entries && <span className="mono text-xs text-purple">{text.imports.entries(record.entries.from, record.entries.to)}</span>}
        <Link to="/transactions">{text.imports.toTransactions}</Link>
        <Undo record={record} done={done} />
      </div>
    );
  }
  const blocked = counts.error > 0 ? text.imports.blocked(counts.error) : fresh === 0 ? text.imports.nothingNew : undefined;
  return (
    <div className="card mb-(--gap) flex flex-wrap items-center gap-x-4 gap-y-3 px-(--pad) py-3">
      <p className={cx('min-w-0 flex-1 text-sm', counts.error > 0 && 'text-red')}>{blocked ?? text.imports.ready(fresh, counts.duplicate)}</p>
      <Button look="primary" disabled={blocked !== undefined} busy={commit.isPending} onClick={() => commit.mutate()}>{text.imports.commit(fresh)}</Button>
      {commit.error !== null && <div className="w-full"><Failure error={commit.error} compact /></div>}
    </div>
  );
}

/** Takes the whole import back, with a reason that the ledger keeps. */
function Undo({ record, done }: { record: ImportRecord; done: (message: string) => Promise<void> }) {
  const [asks, setAsks] = useState(false);
  const [reason, setReason] = useState('');
  const key = useRef(newIdempotencyKey());
  const undo = useMutation({
    mutationFn: () => post(`/api/imports/${record.id}/revert`, { reason: reason.trim() }, { idempotencyKey: key.current }),
    onSuccess: () => done(text.imports.undone),
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  if (!asks) return <Button small look="quiet" onClick={() => setAsks(true)}>{text.imports.undo}</Button>;
  return (
    <span className="flex flex-wrap items-center gap-2">
      <input className="field" aria-label={text.imports.undoReason} placeholder={text.imports.undoReason} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
      <Button small disabled={reason.trim() === ''} busy={undo.isPending} onClick={() => undo.mutate()}>{text.imports.undo}</Button>
      {undo.error !== null && <Failure error={undo.error} compact />}
    </span>
  );
}

/** The row as it was understood; as it was written when it could not be. */
function Reading({ row }: { row: ImportRow }) {
  const f = useFormat();
  const transaction = present(row.transaction);
  const symbol = present(transaction?.symbol);
  if (!transaction) return <code className="mono block max-w-xl text-xs wrap-anywhere text-muted">{row.raw}</code>;
  return (
    <span className="flex flex-wrap items-baseline gap-x-2.5">
      <span>{kindWords(transaction.kind)}</span>
      {symbol && <span className="mono text-[0.8125rem] font-medium">{shortSymbol(symbol)}</span>}
      <span className="figures text-muted">{f.date(transaction.trade_date)}</span>
    </span>
  );
}

const columns: Column<ImportRow>[] = [
  { id: 'line', header: text.imports.line, figures: true, width: '56px', cell: (row) => <span className="text-muted">{row.line}</span> },
  {
    id: 'status',
    header: text.columns.status,
    cell: (row) => {
      const status = isStatus(row.status) ? row.status : 'ignored';
      return <span className={cx('inline-flex items-center gap-1.5', marks[status].tone)}>{marks[status].icon}<span className="text-text">{text.imports.rowStatuses[status]}</span></span>;
    },
  },
  {
    id: 'row',
    header: text.imports.row,
    width: '100%',
    cell: (row) => (
      <div className="py-1.5">
        <Reading row={row} />
        {row.problems?.map((problem, index) => (
          <p key={index} className={cx('mt-0.5 text-xs whitespace-normal', row.status === 'error' ? 'text-red' : 'text-amber')}>
            {problem.column && <span className="mono font-medium">{problem.column}: </span>}
            {problem.detail}
            {problem.try && <span className="text-muted"> · {problem.try}</span>}
          </p>
        ))}
      </div>
    ),
  },
  { id: 'quantity', header: text.columns.quantity, figures: true, from: 'sm', cell: (row) => <Figure value={present(present(row.transaction)?.quantity)} format="number" blank /> },
  { id: 'price', header: text.columns.price, figures: true, from: 'md', cell: (row) => <Figure value={present(present(row.transaction)?.price)} format="price" blank /> },
  { id: 'net', header: text.columns.net, figures: true, from: 'sm', cell: (row) => <Figure value={present(present(row.transaction)?.amount)} signed blank /> },
];
