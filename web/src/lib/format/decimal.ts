/**
 * Decimal texts of the wire, handled without ever becoming a float.
 * Invariant: what is shown, compared or sent differs from what came only by an explicit rounding of the display.
 */

const pattern = /^-?\d+(?:\.\d+)?$/;

/** A plain decimal text as the API sends and expects it: no exponent, no separators. */
export function isDecimal(text: string): boolean {
  return pattern.test(text);
}

/** -1, 0 or 1. */
export function signOf(text: string): -1 | 0 | 1 {
  if (!/[1-9]/.test(text)) return 0;
  return text.startsWith('-') ? -1 : 1;
}

/** Without its sign. */
export function magnitude(text: string): string {
  return text.startsWith('-') ? text.slice(1) : text;
}

/** Number of decimals that carry information: trailing zeros do not. */
export function decimalsOf(text: string): number {
  const fraction = text.split('.')[1] ?? '';
  return fraction.replace(/0+$/, '').length;
}

/** Number of digits before the decimal mark, leading zeros apart. */
export function integerDigits(text: string): number {
  const whole = magnitude(text).split('.')[0] ?? '';
  return whole.replace(/^0+/, '').length;
}

/** Both as scaled integers, so that comparison is exact. */
function aligned(a: string, b: string): [bigint, bigint] {
  const scale = Math.max((a.split('.')[1] ?? '').length, (b.split('.')[1] ?? '').length);
  return [scaled(a, scale), scaled(b, scale)];
}

function scaled(text: string, scale: number): bigint {
  const negative = text.startsWith('-');
  const [whole = '0', fraction = ''] = magnitude(text).split('.');
  const value = BigInt(whole + fraction.padEnd(scale, '0'));
  return negative ? -value : value;
}

/** Order of two decimal texts, exact at any length. */
export function compareDecimals(a: string, b: string): number {
  const [x, y] = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Up to half of one unit in the last of `digits` decimals, rounding half to even shows zero. */
export function roundsToZero(text: string, digits: number): boolean {
  const half = `0.${'0'.repeat(digits)}5`;
  return compareDecimals(magnitude(text), half) <= 0;
}

/**
 * What a user typed, as a plain decimal text, or nothing if it is not a number in the user's own notation.
 * Accepts the locale's decimal mark and group marks, spaces and the real minus sign.
 */
export function readDecimal(typed: string, locale: string): string | undefined {
  const parts = new Intl.NumberFormat(locale).formatToParts(12345.6);
  const decimalMark = parts.find((part) => part.type === 'decimal')?.value ?? '.';
  const groupMark = parts.find((part) => part.type === 'group')?.value ?? ',';
  let text = typed.trim().replace(/[\s\u00a0\u202f]/g, '').replace('\u2212', '-');
  if (text.includes(groupMark) && groupMark !== decimalMark) {
    // Groups have three digits; anything else is a decimal mark of another country, which we do not guess.
    const groups = text.split(decimalMark)[0]?.replace('-', '').split(groupMark) ?? [];
    if (groups.slice(1).some((group) => group.length !== 3)) return undefined;
    text = text.split(groupMark).join('');
  }
  if (decimalMark !== '.') {
    if (text.includes('.') && text.includes(decimalMark)) return undefined;
    text = text.replace(decimalMark, '.');
  }
  if (text.startsWith('.')) text = `0${text}`;
  if (text.startsWith('-.')) text = `-0${text.slice(1)}`;
  if (text.endsWith('.')) text = text.slice(0, -1);
  return isDecimal(text) ? text : undefined;
}
