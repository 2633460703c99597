import { fireEvent, render, screen, within } from '@testing-library/react';
import { act } from 'react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiProblem } from '@/api/problem';
import { DataTable, type Column } from './DataTable';
import { Figure } from './Figure';
import { Failure, Loaded } from './States';
import { TooltipProvider } from './Tooltip';

const wrap = (element: React.ReactNode) => render(<TooltipProvider>{element}</TooltipProvider>);

describe('a figure', () => {
  it('says why it is absent, in words', () => {
    wrap(<Figure value={{ absent: { code: 'missing_price', why: 'missing_price: XTSE:CNR' } }} format="currency" />);
    expect(screen.getByText('—')).toBeTruthy();
    expect(screen.getByText('missing price')).toBeTruthy();
  });
  it('carries the full precision in its title and the sign in its text', () => {
    wrap(<Figure value={{ amount: '-12.34567', currency: 'EUR' }} stated="EUR" coloured />);
    const figure = screen.getByText('\u221212.35');
    expect(figure.title).toBe('-12.34567 EUR');
    expect(figure.className).toContain('text-loss');
  });
});

interface Row {
  name: string;
  value: unknown;
}

const columns: Column<Row>[] = [
  { id: 'name', header: 'Name', cell: (row) => row.name, sort: (row) => row.name },
  { id: 'value', header: 'Value', figures: true, cell: (row) => <Figure value={row.value} compact />, sort: (row) => row.value },
];
const money = (amount: string) => ({ amount, currency: 'EUR' });
const rows: Row[] = [
  { name: 'small', value: money('9.5') },
  { name: 'absent', value: { absent: { code: 'missing_price', why: '' } } },
  { name: 'large', value: money('10000000000000000.5') },
  { name: 'larger', value: money('10000000000000000.51') },
];

function names(): string[] {
  return within(screen.getByRole('table')).getAllByRole('row').slice(1).map((row) => within(row).getAllByRole('cell')[0]?.textContent ?? '');
}

describe('a table', () => {
  it.each([
    [true, ['larger', 'large', 'small', 'absent']],
    [false, ['small', 'large', 'larger', 'absent']],
  ])('sorts amounts exactly, descending %s, absent ones last either way', (desc, expected) => {
    wrap(<DataTable caption="Rows" columns={columns} rows={rows} rowKey={(row) => row.name} sorting={[{ id: 'value', desc }]} onSortingChange={() => undefined} />);
    expect(names()).toEqual(expected);
    expect(screen.getByRole('columnheader', { name: 'Value' }).getAttribute('aria-sort')).toBe(desc ? 'descending' : 'ascending');
  });
  it('moves from row to row with the keyboard and opens with Enter', () => {
    const open = vi.fn();
    wrap(<DataTable caption="Rows" columns={columns} rows={rows} rowKey={(row) => row.name} onOpen={open} />);
    const [first] = screen.getAllByRole('row').slice(1);
    first?.focus();
    fireEvent.keyDown(document.activeElement ?? document.body, { key: 'End' });
    expect(document.activeElement?.textContent).toContain('larger');
    fireEvent.keyDown(document.activeElement ?? document.body, { key: 'ArrowUp' });
    fireEvent.keyDown(document.activeElement ?? document.body, { key: 'Enter' });
    expect(open).toHaveBeenCalledWith(rows[2]);
  });
  it('keeps only the rows in view when there are many', () => {
    const many = Array.from({ length: 5000 }, (_, index) => ({ name: `row ${index}`, value: money(String(index)) }));
    wrap(<DataTable caption="Rows" columns={columns} rows={many} rowKey={(row) => row.name} />);
    expect(screen.getByRole('table').getAttribute('aria-rowcount')).toBe('5001');
    expect(screen.getAllByRole('row').length).toBeLessThan(200);
  });
});

describe('states', () => {
  afterEach(() => vi.useRealTimers());

  it('explains a failure with what helps and the request id', () => {
    wrap(<Failure error={new ApiProblem(422, { title: 'More sold than held', detail: 'open 100, asked 120', code: 'oversell', try: 'record the purchase', request_id: '01JQ' })} />);
    expect(screen.getByRole('alert').textContent).toContain('More sold than held');
    expect(screen.getByText(/record the purchase/)).toBeTruthy();
    expect(screen.getByText('request 01JQ')).toBeTruthy();
  });
  it('counts down what the server asked for, then tries again by itself', () => {
    vi.useFakeTimers();
    const retry = vi.fn();
    wrap(<Failure error={new ApiProblem(503, { code: 'overloaded', detail: '' }, '2')} retry={retry} />);
    expect(screen.getByText(/next try in 2 s/)).toBeTruthy();
    act(() => void vi.advanceTimersByTime(1000));
    expect(screen.getByText(/next try in 1 s/)).toBeTruthy();
    act(() => void vi.advanceTimersByTime(1000));
    expect(retry).toHaveBeenCalledOnce();
  });
  it('keeps the last data on screen while a refetch fails', () => {
    wrap(<Loaded query={{ data: 'figures', error: new Error('no'), refetch: () => undefined, isPending: false }} skeleton="…">{(data) => <p>{data}</p>}</Loaded>);
    expect(screen.getByText('figures')).toBeTruthy();
    expect(screen.getByRole('alert')).toBeTruthy();
  });
});
