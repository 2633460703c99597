/**
 * Tables of figures: sorting, expansion, keyboard, sticky header and first column, virtual rows above a bound.
 * Invariant: rows are only ordered and hidden here, never added up; absent values sort last in both directions.
 */

import {
  flexRender, getCoreRowModel, getSortedRowModel, useReactTable, type ColumnDef, type Row, type SortingState,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp, ChevronRight } from 'lucide-react';
import { Fragment, useMemo, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { cx } from '@/lib/cx';
import { compareDecimals, isDecimal } from '@/lib/format/decimal';
import { isMoney, present } from '@/lib/format/wire';
import { text } from '@/text';

/** Above this many rows only those in view are in the document. */
const virtualFrom = 150;
const tallest = 640;

export interface Column<R> {
  id: string;
  header: string;
  /** Explains the header on hover, for units and conventions. */
  note?: string;
  figures?: boolean;
  cell: (row: R) => ReactNode;
  /** What the column sorts by; columns without it are not sorted. */
  sort?: (row: R) => unknown;
  /** From which width on the column is shown; always by default. */
  from?: 'sm' | 'md' | 'lg' | 'xl' | '2xl';
  width?: string;
}

interface DataTableProps<R> {
  caption: string;
  columns: Column<R>[];
  rows: R[];
  rowKey: (row: R) => string;
  sorting?: SortingState;
  onSortingChange?: (sorting: SortingState) => void;
  rowTone?: (row: R) => string | undefined;
  expanded?: string | undefined;
  onExpand?: (key: string | undefined) => void;
  detail?: (row: R) => ReactNode;
  onOpen?: (row: R) => void;
  empty?: ReactNode;
  footer?: ReactNode;
}

const shownFrom: Record<string, string> = {
  sm: 'max-sm:hidden',
  md: 'max-md:hidden',
  lg: 'max-lg:hidden',
  xl: 'max-xl:hidden',
  '2xl': 'max-2xl:hidden',
};

/** The order of two typed values of one column; money by its decimal text, absent ones never get here. */
export function compareValues(a: unknown, b: unknown): number {
  if (isMoney(a) && isMoney(b)) return compareDecimals(a.amount, b.amount);
  if (typeof a === 'string' && typeof b === 'string') {
    return isDecimal(a) && isDecimal(b) ? compareDecimals(a, b) : a.localeCompare(b);
  }
  return Number(a) - Number(b);
}

export function DataTable<R>(props: DataTableProps<R>) {
  const { caption, columns, rows, rowKey, expanded, onExpand, detail, onOpen, empty, footer, rowTone } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const definitions = useMemo<ColumnDef<R>[]>(
    () =>
      columns.map((column) => ({
        id: column.id,
        header: column.header,
        accessorFn: (row: R) => present(column.sort?.(row)),
        enableSorting: column.sort !== undefined,
        sortUndefined: 'last' as const,
        sortDescFirst: column.figures === true,
        sortingFn: (a: Row<R>, b: Row<R>, id: string) => compareValues(a.getValue(id), b.getValue(id)),
        cell: ({ row }) => column.cell(row.original),
      })),
    [columns],
  );
  const table = useReactTable({
    data: rows,
    columns: definitions,
    getRowId: rowKey,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
    enableSortingRemoval: false,
    ...(props.sorting && { state: { sorting: props.sorting } }),
    onSortingChange: (update) => {
      const next = typeof update === 'function' ? update(props.sorting ?? []) : update;
      props.onSortingChange?.(next);
    },
    manualSorting: props.sorting === undefined,
  });
  const all = table.getRowModel().rows;
  const virtual = all.length > virtualFrom;
  const virtualizer = useVirtualizer({
    count: virtual ? all.length : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => 40,
    overscan: 12,
  });
  const items = virtual ? virtualizer.getVirtualItems() : [];
  const shown = virtual ? items.flatMap((item) => all[item.index] ?? []) : all;
  const before = items[0]?.start ?? 0;
  const after = virtual ? virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;
  const span = columns.length + (detail ? 1 : 0);

  function move(event: KeyboardEvent<HTMLTableSectionElement>) {
    const row = (event.target as HTMLElement).closest<HTMLTableRowElement>('tr[data-row]');
    if (!row || event.target !== row) return;
    const list = [...event.currentTarget.querySelectorAll<HTMLTableRowElement>('tr[data-row]')];
    const at = list.indexOf(row);
    const step: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -list.length, End: list.length };
    const by = step[event.key];
    if (by !== undefined) {
      event.preventDefault();
      list[Math.min(list.length - 1, Math.max(0, at + by))]?.focus();
      return;
    }
    const key = row.dataset.row;
    if (event.key === 'ArrowRight' && key) onExpand?.(key);
    if (event.key === 'ArrowLeft') onExpand?.(undefined);
    if (event.key === 'Enter' && key) {
      if (onExpand) onExpand(expanded === key ? undefined : key);
      const found = rows.find((candidate) => rowKey(candidate) === key);
      if (found && onOpen) onOpen(found);
    }
  }

  if (rows.length === 0 && empty !== undefined) return <>{empty}</>;
  const limited = virtual ? { maxHeight: tallest } : undefined;
  return (
    <div ref={scroller} className="relative overflow-x-auto" style={limited} tabIndex={virtual ? 0 : undefined} role={virtual ? 'region' : undefined} aria-label={virtual ? caption : undefined}>
      <table className="w-full border-separate border-spacing-0 text-sm" aria-rowcount={virtual ? all.length + 1 : undefined}>
        <caption className="sr-only">{caption}</caption>
        <thead className="sticky top-0 z-10">
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {detail && <th scope="col" className="w-8 border-y border-soft bg-raised p-0"><span className="sr-only">{text.tables.details}</span></th>}
              {group.headers.map((header, index) => {
                const column = columns[index];
                if (!column) return null;
                const sorted = header.column.getIsSorted();
                return (
                  <th
                    key={header.id}
                    scope="col"
                    aria-sort={sorted ? (sorted === 'asc' ? 'ascending' : 'descending') : undefined}
                    style={column.width ? { width: column.width } : undefined}
                    title={column.note}
                    className={cx(
                      'h-8 border-y border-soft bg-raised px-2 text-xs font-medium whitespace-nowrap text-muted first:pl-(--pad) last:pr-(--pad) md:px-2.5 2xl:px-3',
                      column.figures ? 'text-right' : 'text-left',
                      column.from && shownFrom[column.from],
                    )}
                  >
                    {header.column.getCanSort() && props.sorting ? (
                      <button
                        type="button"
                        onClick={header.column.getToggleSortingHandler()}
                        className={cx('inline-flex min-h-6 items-center gap-1 hover:text-text', column.figures === true && 'flex-row-reverse', sorted && 'text-text')}
                      >
                        {column.header}
                        {sorted === 'asc' && <ArrowUp size={12} aria-hidden />}
                        {sorted === 'desc' && <ArrowDown size={12} aria-hidden />}
                      </button>
                    ) : (
                      column.header || <span className="sr-only">{text.tables.actions}</span>
                    )}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody onKeyDown={move}>
          {before > 0 && <tr aria-hidden><td colSpan={span} style={{ height: before }} /></tr>}
          {shown.map((row, position) => {
            const open = detail !== undefined && expanded === row.id;
            return (
              <Fragment key={row.id}>
                <tr
                  data-row={row.id}
                  tabIndex={position === 0 ? 0 : -1}
                  aria-rowindex={virtual ? row.index + 2 : undefined}
                  className={cx('group h-(--row) hover:bg-raised/50', open && 'bg-raised/50', rowTone?.(row.original))}
                  onClick={(event) => {
                    if ((event.target as HTMLElement).closest('button, a, input, [role=menuitem]')) return;
                    if (detail) onExpand?.(open ? undefined : row.id);
                    else onOpen?.(row.original);
                  }}
                  style={detail ?? onOpen ? { cursor: 'pointer' } : undefined}
                >
                  {detail && (
                    <td className="border-b border-soft pl-1.5">
                      <button
                        type="button"
                        aria-expanded={open}
                        aria-label={open ? text.tables.collapse : text.tables.expand}
                        onClick={() => onExpand?.(open ? undefined : row.id)}
                        className="grid size-7 place-items-center rounded-[5px] text-muted hover:bg-raised hover:text-text"
                      >
                        <ChevronRight size={15} aria-hidden className={cx('transition-transform duration-100', open && 'rotate-90')} />
                      </button>
                    </td>
                  )}
                  {row.getVisibleCells().map((cell, index) => {
                    const column = columns[index];
                    if (!column) return null;
                    return (
                      <td
                        key={cell.id}
                        className={cx(
                          'border-b border-soft px-2 first:pl-(--pad) last:pr-(--pad) md:px-2.5 2xl:px-3',
                          column.figures ? 'figures text-right' : 'text-left',
                          column.from && shownFrom[column.from],
                        )}
                      >
                        {flexRender(cell.column.columnDef.cell, cell.getContext())}
                      </td>
                    );
                  })}
                </tr>
                {open && (
                  <tr>
                    <td colSpan={span} className="border-b border-soft bg-bg/40 p-0">{detail(row.original)}</td>
                  </tr>
                )}
              </Fragment>
            );
          })}
          {after > 0 && <tr aria-hidden><td colSpan={span} style={{ height: after }} /></tr>}
        </tbody>
        {footer}
      </table>
    </div>
  );
}
