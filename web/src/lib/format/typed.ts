/** A value of a panel with its declared format, as text and sign. The one place where formats are told apart. */

import { isDecimal, signOf } from './decimal';
import { dash, type Formatter } from './formatter';
import { isAbsent, isFxRate, isMoney, type AbsentReason } from './wire';

/** Formats of panels (`patterns.md` §7). Unknown ones are drawn as `auto`, so that newer servers stay readable. */
export type PanelFormat =
  | 'percentage' | 'percent' | 'currency' | 'number' | 'integer' | 'decimal_2' | 'bps' | 'rating' | 'date' | 'datetime'
  | 'text' | 'sentiment_badge' | 'trend_arrow' | 'risk_badge' | 'bytes' | 'url' | 'auto';

export interface TypedText {
  text: string;
  /** Direction of the value, for signs and colours. */
  sign: -1 | 0 | 1;
  /** Full precision, for tooltip and copy. */
  exact: string;
  absent?: AbsentReason;
}

const isoDate = /^\d{4}-\d{2}-\d{2}$/;
const isoTime = /^\d{4}-\d{2}-\d{2}T/;

export interface TypedOptions {
  /** Show `+` on positive values (columns and metrics with the colour condition `sign`). */
  signed?: boolean;
  /** Currency that the column or page states already; other currencies get their code. */
  stated?: string;
  /** Decimals of a percentage: 1 for weights. */
  digits?: number;
}

export function typedText(value: unknown, format: string | undefined, f: Formatter, options: TypedOptions = {}): TypedText {
  if (isAbsent(value)) return { text: dash, sign: 0, exact: value.absent.why, absent: value.absent };
  if (value === null || value === undefined || value === '') return { text: dash, sign: 0, exact: '' };
  if (isMoney(value)) {
    const currency = value.currency === options.stated ? 'none' : 'code';
    return {
      text: format === 'price' ? f.price(value, { currency }) : f.money(value, { currency, sign: options.signed }),
      sign: signOf(value.amount),
      exact: f.settings.privacy ? '' : `${value.amount} ${value.currency}`,
    };
  }
  if (isFxRate(value)) return { text: f.fxRate(value), sign: 0, exact: `1 ${value.base} = ${value.rate} ${value.quote}` };
  if (typeof value === 'boolean') return { text: value ? 'yes' : 'no', sign: 0, exact: String(value) };
  if (typeof value === 'number') return { text: numberText(value, format, f, options), sign: Math.sign(value) as -1 | 0 | 1, exact: String(value) };
  if (typeof value === 'string') {
    if (format === 'date' || (format !== 'text' && isoDate.test(value))) return { text: f.date(value), sign: 0, exact: value };
    if (format === 'datetime' || (format !== 'text' && isoTime.test(value))) return { text: f.dateTime(value), sign: 0, exact: value };
    if ((format === 'number' || format === 'currency') && isDecimal(value)) {
      return { text: format === 'number' ? f.quantity(value) : f.decimal(value, { sign: options.signed }), sign: signOf(value), exact: f.settings.privacy ? '' : value };
    }
    return { text: value, sign: 0, exact: value };
  }
  if (Array.isArray(value)) {
    const text = value.map((item) => typedText(item, format, f, options).text).join(', ');
    return { text, sign: 0, exact: text };
  }
  return { text: JSON.stringify(value), sign: 0, exact: JSON.stringify(value) };
}

function numberText(value: number, format: string | undefined, f: Formatter, options: TypedOptions): string {
  switch (format) {
    case 'percentage':
    case 'percent':
      return f.fraction(value, { sign: options.signed, digits: options.digits });
    case 'bps':
      return f.bps(value);
    case 'rating':
      return value > 10 ? f.integer(value) : f.score10(value);
    case 'integer':
      return f.integer(value);
    case 'decimal_2':
      return f.ratio(value);
    case 'bytes':
      return `${f.number(Math.round(value / 100) / 10)}\u202fkB`;
    default:
      return Number.isInteger(value) ? f.integer(value) : f.number(Number(value.toPrecision(6)));
  }
}
