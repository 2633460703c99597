/** Kinds of transactions and the fields that each has. The form, its checks and what is sent all follow from this table. */

export const kinds = ['buy', 'sell', 'dividend', 'interest', 'fee', 'tax', 'deposit', 'withdrawal', 'transfer_in', 'transfer_out', 'fx', 'split'] as const;
export type Kind = (typeof kinds)[number];

export function isKind(value: unknown): value is Kind {
  return (kinds as readonly unknown[]).includes(value);
}

export type FieldName =
  | 'security' | 'trade_date' | 'pay_date' | 'ex_date' | 'settlement_date' | 'currency' | 'quantity' | 'price' | 'gross_amount' | 'fees' | 'transaction_tax'
  | 'withholding_tax' | 'fx_rate' | 'counter_currency' | 'counter_amount' | 'ratio_to' | 'ratio_from' | 'lot_date' | 'lot_cost' | 'note';

export interface FieldRule {
  name: FieldName;
  required: boolean;
}

const need = (name: FieldName): FieldRule => ({ name, required: true });
const may = (name: FieldName): FieldRule => ({ name, required: false });

export const fieldsOf: Record<Kind, FieldRule[]> = {
  buy: [need('security'), need('trade_date'), may('settlement_date'), need('quantity'), need('price'), need('currency'), may('fees'), may('transaction_tax'), may('fx_rate'), may('note')],
  sell: [need('security'), need('trade_date'), may('settlement_date'), need('quantity'), need('price'), need('currency'), may('fees'), may('transaction_tax'), may('fx_rate'), may('note')],
  dividend: [need('security'), need('trade_date'), may('ex_date'), need('gross_amount'), need('currency'), may('withholding_tax'), may('quantity'), may('fx_rate'), may('note')],
  interest: [need('trade_date'), need('gross_amount'), need('currency'), may('withholding_tax'), may('fx_rate'), may('note')],
  fee: [need('trade_date'), need('gross_amount'), need('currency'), may('fx_rate'), may('note')],
  tax: [need('trade_date'), need('gross_amount'), need('currency'), may('fx_rate'), may('note')],
  deposit: [need('trade_date'), need('gross_amount'), need('currency'), may('fx_rate'), may('note')],
  withdrawal: [need('trade_date'), need('gross_amount'), need('currency'), may('fx_rate'), may('note')],
  transfer_in: [need('security'), need('trade_date'), need('quantity'), need('currency'), need('lot_date'), need('lot_cost'), may('price'), may('note')],
  transfer_out: [need('security'), need('trade_date'), need('quantity'), need('currency'), may('price'), may('note')],
  fx: [need('trade_date'), need('gross_amount'), need('currency'), need('counter_amount'), need('counter_currency'), may('fees'), may('note')],
  split: [need('security'), need('trade_date'), need('ratio_to'), need('ratio_from'), may('note')],
};

/** Only interest may be negative (charged instead of paid); elsewhere the kind gives the direction. */
export function mayBeNegative(kind: Kind, field: FieldName): boolean {
  return kind === 'interest' && field === 'gross_amount';
}
