/**
 * Text of typed values in a user's locale.
 * Invariant: each function takes one unit, so a fraction cannot be printed as basis points, nor an amount without its
 * currency; decimals are formatted from their text, never through a float.
 */

import { decimalsOf, integerDigits, isDecimal, roundsToZero, signOf } from './decimal';
import type { FxRate, Money } from './wire';

export const minus = '\u2212';
export const dash = '\u2014';
const mask = '\u2022\u2022\u2022\u2022';

export interface FormatSettings {
  /** BCP 47 tag of the user's settings. */
  locale: string;
  /** IANA zone of the user's settings. */
  timeZone: string;
  /** Amounts and quantities are masked; weights and returns stay. */
  privacy: boolean;
}

export interface MoneyOptions {
  /** `symbol` for key figures, `code` beside foreign amounts, `none` where the column states the currency. */
  currency?: 'symbol' | 'code' | 'none';
  /** `+` before gains; for changes, never for stocks of money. */
  sign?: boolean;
  /** 153.7 k instead of 153,694.06. */
  short?: boolean;
}

export interface FractionOptions {
  /** 2 by default, 1 for weights. */
  digits?: number;
  /** `+` for returns and changes; none for weights and volatility. */
  sign?: boolean;
}

export interface Formatter {
  settings: FormatSettings;
  money(value: Money, options?: MoneyOptions): string;
  price(value: Money, options?: { currency?: 'code' | 'none' }): string;
  quantity(value: string): string;
  fxRate(value: FxRate): string;
  decimal(value: string, options?: { digits?: number; sign?: boolean }): string;
  fraction(value: number, options?: FractionOptions): string;
  bps(value: number): string;
  ratio(value: number): string;
  score10(value: number): string;
  integer(value: number): string;
  number(value: number): string;
  date(value: string): string;
  dateShort(value: string): string;
  dateTime(value: string): string;
}

const minorUnits = new Map<string, number>();

/** Decimals that the currency's minor unit has. Pence (GBX) are a minor unit themselves, but are quoted with two. */
export function minorUnitsOf(currency: string): number {
  const known = minorUnits.get(currency);
  if (known !== undefined) return known;
  let digits = 2;
  try {
    digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    digits = 2;
  }
  minorUnits.set(currency, digits);
  return digits;
}

const cache = new Map<string, Intl.NumberFormat>();

function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale}|${JSON.stringify(options)}`;
  let format = cache.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, options);
    cache.set(key, format);
  }
  return format;
}

/** Intl takes decimal texts exactly; its type only knows template literals. */
function write(format: Intl.NumberFormat, value: string | number): string {
  return format
    .formatToParts(value as Intl.StringNumericLiteral)
    .map((part) => (part.type === 'minusSign' ? minus : part.value))
    .join('');
}

/** `<0.01`, so that something small is never shown as nothing. A loss keeps its sign. */
function tiny(format: Intl.NumberFormat, digits: number, negative: boolean, factor = 1): string {
  const unit = digits === 0 ? '1' : `0.${'0'.repeat(digits - 1)}1`;
  const smallest = factor === 1 ? unit : String(Number(unit) / factor);
  return `${negative ? minus : ''}<${write(format, smallest).replace(minus, '').replace('+', '')}`;
}

export function formatter(settings: FormatSettings): Formatter {
  const { locale, privacy } = settings;
  const signDisplay = (sign: boolean | undefined): 'exceptZero' | 'auto' => (sign ? 'exceptZero' : 'auto');
  const rounding = { roundingMode: 'halfEven' } as const;

  const decimal: Formatter['decimal'] = (value, { digits = 2, sign } = {}) => {
    if (!isDecimal(value)) return value;
    const format = numberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: signDisplay(sign), ...rounding });
    const direction = signOf(value);
    if (direction !== 0 && roundsToZero(value, digits)) return tiny(numberFormat(locale, { minimumFractionDigits: digits }), digits, direction < 0);
    return write(format, direction === 0 ? '0' : value);
  };

  const money: Formatter['money'] = (value, { currency = 'none', sign, short } = {}) => {
    const digits = minorUnitsOf(value.currency);
    const shown = (text: string) => (currency === 'code' ? `${text}\u00a0${value.currency}` : text);
    if (privacy) return currency === 'symbol' ? symbolBefore(mask, value.currency) : shown(mask);
    if (!isDecimal(value.amount)) return shown(value.amount);
    const style: Intl.NumberFormatOptions = currency === 'symbol' ? { style: 'currency', currency: value.currency } : {};
    if (short && integerDigits(value.amount) > 3) {
      return shown(write(numberFormat(locale, { ...style, notation: 'compact', minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: signDisplay(sign), ...rounding }), value.amount));
    }
    const options: Intl.NumberFormatOptions = { ...style, minimumFractionDigits: digits, maximumFractionDigits: digits };
    const direction = signOf(value.amount);
    if (direction !== 0 && roundsToZero(value.amount, digits)) return shown(tiny(numberFormat(locale, options), digits, direction < 0));
    return shown(write(numberFormat(locale, { ...options, signDisplay: signDisplay(sign), ...rounding }), direction === 0 ? '0' : value.amount));
  };

  function symbolBefore(text: string, currency: string): string {
    const parts = numberFormat(locale, { style: 'currency', currency }).formatToParts(1);
    return parts.map((part) => (part.type === 'integer' ? text : part.type === 'decimal' || part.type === 'fraction' ? '' : part.value)).join('');
  }

  const price: Formatter['price'] = (value, { currency = 'none' } = {}) => {
    if (!isDecimal(value.amount)) return value.amount;
    const least = minorUnitsOf(value.currency);
    const digits = Math.min(6, Math.max(least, decimalsOf(value.amount)));
    const text = roundsToZero(value.amount, digits)
      ? decimal(value.amount, { digits: 6 })
      : write(numberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits, ...rounding }), value.amount);
    return currency === 'code' ? `${text}\u00a0${value.currency}` : text;
  };

  const fraction: Formatter['fraction'] = (value, { digits = 2, sign } = {}) => {
    const options: Intl.NumberFormatOptions = { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits };
    if (value !== 0 && Math.abs(value) * 100 <= 0.5 * 10 ** -digits) return tiny(numberFormat(locale, options), digits, value < 0, 100);
    return write(numberFormat(locale, { ...options, signDisplay: signDisplay(sign), ...rounding }), value === 0 ? 0 : value);
  };

  const plain = (value: number, digits: number): string => {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    if (value !== 0 && Math.abs(value) <= 0.5 * 10 ** -digits) return tiny(numberFormat(locale, options), digits, value < 0);
    return write(numberFormat(locale, { ...options, ...rounding }), value === 0 ? 0 : value);
  };

  const dates = (value: string, options: Intl.DateTimeFormatOptions): string => {
    const instant = new Date(/^\d{4}-\d{2}-\d{2}$/.test(value) ? `${value}T00:00:00Z` : value);
    return Number.isNaN(instant.getTime()) ? value : new Intl.DateTimeFormat(locale, options).format(instant);
  };

  return {
    settings,
    money,
    price,
    decimal,
    fraction,
    quantity: (value) => {
      if (privacy) return mask;
      if (!isDecimal(value)) return value;
      return write(numberFormat(locale, { maximumFractionDigits: 10 }), signOf(value) === 0 ? '0' : value);
    },
    fxRate: (value) => (isDecimal(value.rate) ? write(numberFormat(locale, { minimumFractionDigits: 4, maximumFractionDigits: 6 }), value.rate) : value.rate),
    bps: (value) => `${write(numberFormat(locale, { maximumFractionDigits: 2 }), value)}\u202fbp`,
    ratio: (value) => plain(value, 2),
    score10: (value) => `${plain(value, 1)}/10`,
    integer: (value) => write(numberFormat(locale, { maximumFractionDigits: 0 }), value),
    number: (value) => write(numberFormat(locale, { maximumFractionDigits: 6 }), value),
    // Calendar dates have no zone: they are formatted as UTC midnight in UTC.
    date: (value) => dates(value, { dateStyle: 'medium', timeZone: 'UTC' }),
    dateShort: (value) => dates(value, { day: 'numeric', month: 'short', timeZone: 'UTC' }),
    dateTime: (value) => dates(value, { dateStyle: 'medium', timeStyle: 'medium', timeZone: settings.timeZone }),
  };
}
