/** Periods of the overview: what is looked back over, in observations as the patterns count them, and the return it shows. */

export const periods = ['1y', '3y', '5y', 'inception'] as const;
export type Period = (typeof periods)[number];

export function isPeriod(value: unknown): value is Period {
  return (periods as readonly unknown[]).includes(value);
}

/** The pattern's default is one year; sending nothing shares its cached answer. */
export const lookbackDays: Record<Period, number | undefined> = { '1y': undefined, '3y': 756, '5y': 1260, inception: 12600 };

/** Name of the period in field names. */
export const fieldSuffix: Record<Period, string> = { '1y': '1y', '3y': '3y', '5y': '5y', inception: 'itd' };
