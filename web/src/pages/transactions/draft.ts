/**
 * What the form holds, as what is sent. Everything wrong is found at once and tied to its field.
 * Invariant: amounts travel as the decimal text that was typed; nothing is computed here.
 */

import type { Transaction, TransactionDraft } from '@/api/types';
import type { ChosenSecurity } from '@/components/SecurityPicker';
import { readDecimal, signOf } from '@/lib/format/decimal';
import type { Money } from '@/lib/format/wire';
import { text } from '@/text';
import { fieldsOf, isKind, mayBeNegative, type FieldName, type Kind } from './kinds';

export type FormValues = Partial<Record<FieldName, string>>;

export interface Form {
  kind: Kind;
  account_id: string;
  security?: ChosenSecurity;
  values: FormValues;
}

export interface FieldError {
  field: FieldName | 'account_id';
  message: string;
}

export type Built = { draft: TransactionDraft; errors: [] } | { draft: undefined; errors: FieldError[] };

const decimals = new Set<FieldName>(['quantity', 'price', 'gross_amount', 'fees', 'transaction_tax', 'withholding_tax', 'fx_rate', 'counter_amount', 'ratio_to', 'ratio_from', 'lot_cost']);
const positive = new Set<FieldName>(['quantity', 'price', 'fx_rate', 'ratio_to', 'ratio_from', 'counter_amount']);

export function build(form: Form, context: { locale: string; base: string }): Built {
  const errors: FieldError[] = [];
  const read: FormValues = {};
  if (!form.account_id) errors.push({ field: 'account_id', message: text.transactions.missing(text.transactions.fields.account) });
  for (const { name, required } of fieldsOf[form.kind]) {
    const label = text.transactions.fields[name];
    if (name === 'security') {
      if (!form.security) errors.push({ field: name, message: text.transactions.missing(label) });
      continue;
    }
    const typed = form.values[name]?.trim() ?? '';
    if (!typed) {
      if (required) errors.push({ field: name, message: text.transactions.missing(label) });
      continue;
    }
    if (!decimals.has(name)) {
      read[name] = typed;
      continue;
    }
    const value = readDecimal(typed, context.locale);
    if (value === undefined) errors.push({ field: name, message: text.transactions.notANumber(label, typed) });
    else if (signOf(value) < 0 && !mayBeNegative(form.kind, name)) errors.push({ field: name, message: text.transactions.negative(label) });
    else if (signOf(value) === 0 && positive.has(name)) errors.push({ field: name, message: text.transactions.zero(label) });
    else read[name] = value;
  }
  if (errors.length > 0) return { draft: undefined, errors };
  return { draft: toDraft(form, read, context.base), errors: [] };
}

function toDraft(form: Form, read: FormValues, base: string): TransactionDraft {
  const currency = read.currency ?? base;
  const money = (amount: string | undefined, of = currency): Money | undefined => (amount === undefined ? undefined : { amount, currency: of });
  const charges = (kind: string, amount: string | undefined) => (amount === undefined || signOf(amount) === 0 ? [] : [{ kind, money: { amount, currency } }]);
  const taxes = [...charges('transaction', read.transaction_tax), ...charges('withholding', read.withholding_tax)];
  const fees = charges('commission', read.fees);
  const draft: TransactionDraft = { kind: form.kind, account_id: form.account_id, trade_date: read.trade_date ?? '' };
  if (form.security && fieldsOf[form.kind].some((field) => field.name === 'security')) {
    draft.security = { id: form.security.id };
  }
  const optional: Partial<TransactionDraft> = {
    settlement_date: read.settlement_date,
    ex_date: read.ex_date,
    quantity: read.quantity,
    price: money(read.price),
    gross_amount: money(read.gross_amount),
    fees: fees.length > 0 ? fees : undefined,
    taxes: taxes.length > 0 ? taxes : undefined,
    fx_rate: read.fx_rate === undefined || currency === base ? undefined : { base: currency, quote: base, rate: read.fx_rate },
    counter_amount: money(read.counter_amount, read.counter_currency),
    ratio: read.ratio_to && read.ratio_from ? { from: read.ratio_from, to: read.ratio_to } : undefined,
    cost_basis: read.lot_date && read.lot_cost ? { acquired_on: read.lot_date, cost: { amount: read.lot_cost, currency } } : undefined,
    note: read.note,
  };
  const named = [optional.price, optional.gross_amount, optional.cost_basis, optional.fees, optional.taxes].some((amount) => amount !== undefined);
  if (!named) optional.currency = read.currency ?? form.security?.currency ?? base;
  for (const [name, value] of Object.entries(optional) as [string, unknown][]) if (value !== undefined) Object.assign(draft, { [name]: value });
  return draft;
}

/** The form of an entry that is there, for amending it. */
export function formOf(transaction: Transaction): Form | undefined {
  if (!isKind(transaction.kind)) return undefined;
  const { gross_amount: gross, price } = transaction;
  const sum = (of: string) => transaction.taxes.find((tax) => tax.kind === of)?.money.amount;
  const values: FormValues = {
    trade_date: transaction.trade_date,
    settlement_date: transaction.settlement_date ?? undefined,
    ex_date: transaction.ex_date ?? undefined,
    quantity: transaction.quantity ?? undefined,
    price: price?.amount,
    gross_amount: gross.amount,
    currency: gross.currency,
    fees: transaction.fees[0]?.money.amount,
    transaction_tax: sum('transaction'),
    withholding_tax: sum('withholding'),
    fx_rate: transaction.fx_rate?.rate,
    counter_amount: transaction.counter_amount?.amount,
    counter_currency: transaction.counter_amount?.currency,
    ratio_to: transaction.ratio?.to,
    ratio_from: transaction.ratio?.from,
    lot_date: transaction.cost_basis?.acquired_on,
    lot_cost: transaction.cost_basis?.cost.amount,
    note: transaction.note ?? undefined,
  };
  return {
    kind: transaction.kind,
    account_id: transaction.account_id,
    security: transaction.security ?? undefined,
    values,
  };
}

/**
 * The corrected entry: what the form does not show is kept as it was, and so is an amount that was stated beside an
 * unchanged quantity and price.
 */
export function amendment(before: Transaction, draft: TransactionDraft): TransactionDraft {
  const kept: Partial<TransactionDraft> = {
    pay_date: before.pay_date,
    record_date: before.record_date,
    external_id: before.external_id,
    counter_account_id: before.counter_account_id,
    tags: before.tags.length > 0 ? before.tags : undefined,
  };
  if (draft.gross_amount === undefined && draft.price && draft.quantity === before.quantity && draft.price.amount === before.price?.amount) kept.gross_amount = before.gross_amount;
  if (before.fees.length > 1) kept.fees = [...(draft.fees ?? []), ...before.fees.slice(1)];
  const present = (Object.entries(kept) as [string, unknown][]).filter(([, value]) => value !== undefined && value !== null);
  return { ...draft, ...(Object.fromEntries(present) as Partial<TransactionDraft>) };
}

/** `/transactions/0/quantity` of a problem names the form's field. */
export function fieldOfPointer(pointer: string): FieldName | 'account_id' | undefined {
  const path = pointer.replace(/^\/transactions\/\d+/, '').replace(/^\/transaction(?=\/)/, '').split('/').filter(Boolean);
  switch (path[0]) {
    case 'account_id': return 'account_id';
    case 'security': return 'security';
    case 'taxes': return 'withholding_tax';
    case 'ratio': return path[1] === 'from' ? 'ratio_from' : 'ratio_to';
    case 'cost_basis': return path[1] === 'acquired_on' ? 'lot_date' : 'lot_cost';
    case 'trade_date': case 'settlement_date': case 'ex_date': case 'quantity': case 'price': case 'gross_amount': case 'fees': case 'fx_rate': case 'counter_amount': case 'note':
      return path[0];
    default: return undefined;
  }
}
