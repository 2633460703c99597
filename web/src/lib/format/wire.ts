/** The wire forms of values (one form per type, everywhere) and how to tell them apart. */

export interface Money {
  amount: string;
  currency: string;
}

export interface FxRate {
  base: string;
  quote: string;
  rate: string;
}

/** Why a value is not there. Travels to the screen as it is. */
export interface AbsentReason {
  code: string;
  why: string;
  subject?: unknown;
}

export interface Absent {
  absent: AbsentReason;
}

export type Value = string | number | boolean | null | undefined | Money | FxRate | Absent | Value[] | { [key: string]: Value };

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

export function isAbsent(value: unknown): value is Absent {
  return isRecord(value) && isRecord(value.absent) && typeof value.absent.code === 'string';
}

export function isMoney(value: unknown): value is Money {
  return isRecord(value) && typeof value.amount === 'string' && typeof value.currency === 'string';
}

export function isFxRate(value: unknown): value is FxRate {
  return isRecord(value) && typeof value.base === 'string' && typeof value.quote === 'string' && typeof value.rate === 'string';
}

/** The value, or nothing when it is absent. */
export function present<T>(value: T | Absent | null | undefined): T | undefined {
  return value === null || value === undefined || isAbsent(value) ? undefined : value;
}
