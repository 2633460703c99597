import { describe, expect, it } from 'vitest';
import type { Transaction } from '@/api/types';
import { amendment, build, fieldOfPointer, formOf, type Form } from './draft';
import { kinds, type Kind } from './kinds';

const context = { locale: 'en-GB', base: 'EUR' };
const account = '01890a5d-ac96-774b-bcce-b302099a8057';
const apple = { id: 'aapl', symbol: 'AAPL', name: 'Apple Inc.', currency: 'USD' };
const form = (kind: Kind, values: Form['values'], security?: Form['security']): Form => ({ kind, account_id: account, security, values: { trade_date: '2022-06-15', ...values } });

describe('what is sent', () => {
  it('has only the fields of its kind, amounts with their currency', () => {
    expect(build(form('buy', { quantity: '10', price: '1,135.43', currency: 'USD', fees: '1.00', gross_amount: '9', counter_amount: '3' }, apple), context).draft).toEqual({
      kind: 'buy', account_id: account, security: { id: 'aapl' }, trade_date: '2022-06-15', quantity: '10', price: { amount: '1135.43', currency: 'USD' },
      fees: [{ kind: 'commission', money: { amount: '1.00', currency: 'USD' } }],
    });
  });
  it('keeps every digit that was typed', () => {
    expect(build(form('buy', { quantity: '0.123456789012345678', price: '1', currency: 'USD' }, apple), context).draft?.quantity).toBe('0.123456789012345678');
  });
  it('joins a foreign amount and the base currency by the rate, and drops a rate that joins nothing', () => {
    expect(build(form('deposit', { gross_amount: '100', currency: 'USD', fx_rate: '0.95' }), context).draft?.fx_rate).toEqual({ base: 'USD', quote: 'EUR', rate: '0.95' });
    expect(build(form('deposit', { gross_amount: '100', currency: 'EUR', fx_rate: '0.95' }), context).draft).not.toHaveProperty('fx_rate');
  });
  it('tells withholding from transaction taxes', () => {
    expect(build(form('dividend', { gross_amount: '15.40', currency: 'USD', withholding_tax: '2.31' }, apple), context).draft?.taxes).toEqual([{ kind: 'withholding', money: { amount: '2.31', currency: 'USD' } }]);
    expect(build(form('buy', { quantity: '1', price: '1', currency: 'GBP', transaction_tax: '0.5' }, apple), context).draft?.taxes?.[0]?.kind).toBe('transaction');
  });
  it('sends both sides of an exchange of currencies', () => {
    expect(build(form('fx', { gross_amount: '12000', currency: 'EUR', counter_amount: '13192.81', counter_currency: 'USD' }), context).draft).toMatchObject({
      gross_amount: { amount: '12000', currency: 'EUR' }, counter_amount: { amount: '13192.81', currency: 'USD' },
    });
  });
  it('names the currency itself only where no amount does', () => {
    expect(build(form('split', { ratio_to: '4', ratio_from: '1' }, apple), context).draft).toEqual({ kind: 'split', account_id: account, security: { id: 'aapl' }, trade_date: '2022-06-15', ratio: { from: '1', to: '4' }, currency: 'USD' });
    expect(build(form('buy', { quantity: '1', price: '1', currency: 'USD' }, apple), context).draft).not.toHaveProperty('currency');
  });
  it('carries the original purchase of a transferred lot', () => {
    expect(build(form('transfer_in', { quantity: '10', currency: 'USD', lot_date: '2018-11-20', lot_cost: '1016' }, apple), context).draft?.cost_basis).toEqual({ acquired_on: '2018-11-20', cost: { amount: '1016', currency: 'USD' } });
  });
});

describe('what is wrong', () => {
  it.each([...kinds])('an empty %s names every field that it needs', (kind) => {
    const built = build({ kind, account_id: '', values: {} }, context);
    expect(built.draft).toBeUndefined();
    expect(built.errors.map((error) => error.field)).toContain('account_id');
    expect(built.errors.map((error) => error.field)).toContain('trade_date');
  });
  it.each([
    ['quantity', 'ten'], ['quantity', '-5'], ['quantity', '0'], ['price', '1.2.3'], ['fees', '-1'],
  ] as const)('%s cannot be “%s”', (field, typed) => {
    const built = build(form('buy', { quantity: '1', price: '1', currency: 'USD', [field]: typed }, apple), context);
    expect(built.errors.map((error) => error.field)).toEqual([field]);
  });
  it('only interest may be negative', () => {
    expect(build(form('interest', { gross_amount: '-7.35', currency: 'EUR' }), context).draft?.gross_amount?.amount).toBe('-7.35');
    expect(build(form('deposit', { gross_amount: '-7.35', currency: 'EUR' }), context).errors).toHaveLength(1);
  });
});

describe('amending', () => {
  const usd = (amount: string) => ({ amount, currency: 'USD' });
  const entry: Transaction = {
    id: 't', portfolio_id: 'p', seq: 4, kind: 'buy', status: 'active', account_id: account, security: { id: 'aapl', symbol: 'AAPL', name: 'Apple Inc.' }, trade_date: '2019-12-03', quantity: '20', price: usd('257.42'),
    gross_amount: usd('5148.41'), net_amount: usd('-5152.41'), fees: [{ kind: 'commission', money: usd('1') }, { kind: 'exchange', money: usd('3') }], taxes: [], note: null, tags: ['core'], external_id: 'T0004',
    is_external_flow: false, source: 'import', recorded_at: '', recorded_by: 'u', ledger_commit: '', history: [],
  };
  const shown = formOf(entry);
  const draft = shown && build(shown, context).draft;

  it('fills the form with what is there', () => {
    expect(draft).toEqual({
      kind: 'buy', account_id: account, security: { id: 'aapl' }, trade_date: '2019-12-03', quantity: '20', price: usd('257.42'), fees: [{ kind: 'commission', money: usd('1') }],
    });
  });
  it('keeps what the form does not show', () => {
    expect(draft && amendment(entry, draft)).toEqual({ ...draft, gross_amount: usd('5148.41'), external_id: 'T0004', tags: ['core'], fees: entry.fees });
  });
  it('lets the amount follow a changed quantity', () => {
    expect(draft && amendment(entry, { ...draft, quantity: '21' })).not.toHaveProperty('gross_amount');
  });
});

it.each([
  ['/transactions/0/quantity', 'quantity'], ['/transaction/price/amount', 'price'], ['/transactions/0/security/id', 'security'], ['/transactions/0/cost_basis/acquired_on', 'lot_date'],
  ['/transactions/0/ratio/from', 'ratio_from'], ['/if_ledger_commit', undefined],
])('%s belongs to the field %s', (pointer, field) => expect(fieldOfPointer(pointer)).toBe(field));
