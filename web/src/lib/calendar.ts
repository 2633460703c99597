/** Arithmetic of calendar dates as ISO texts; no zone is involved. */

const day = 86_400_000;

function utc(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}

export function addDays(date: string, count: number): string {
  return new Date(utc(date) + count * day).toISOString().slice(0, 10);
}

/** `2022-06` of a date. */
export function monthOf(date: string): string {
  return date.slice(0, 7);
}

export function shiftMonth(month: string, by: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
}

export function daysOfMonth(month: string): string[] {
  const days: string[] = [];
  for (let date = `${month}-01`; monthOf(date) === month; date = addDays(date, 1)) days.push(date);
  return days;
}

/** Monday is 1, Sunday is 7. */
export function weekdayOf(date: string): number {
  return new Date(utc(date)).getUTCDay() || 7;
}

export function monthName(month: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(utc(`${month}-01`));
}

/** From Monday on. */
export function weekdayNames(locale: string): string[] {
  const format = new Intl.DateTimeFormat(locale, { weekday: 'narrow', timeZone: 'UTC' });
  return Array.from({ length: 7 }, (_, index) => format.format(utc('2024-01-01') + index * day));
}
