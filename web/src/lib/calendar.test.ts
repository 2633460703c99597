import { describe, expect, it } from 'vitest';
import { addDays, daysOfMonth, shiftMonth, weekdayNames, weekdayOf } from './calendar';

describe('calendar dates', () => {
  it('crosses months, years and leap days', () => {
    expect(addDays('2022-12-31', 1)).toBe('2023-01-01');
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
    expect(addDays('2022-03-27', -1)).toBe('2022-03-26');
    expect(shiftMonth('2022-01', -1)).toBe('2021-12');
  });
  it('lists a month', () => {
    expect(daysOfMonth('2024-02')).toHaveLength(29);
    expect(daysOfMonth('2022-06').at(-1)).toBe('2022-06-30');
  });
  it('starts weeks on Monday', () => {
    expect(weekdayOf('2022-06-13')).toBe(1);
    expect(weekdayOf('2022-06-19')).toBe(7);
    expect(weekdayNames('en-GB')).toEqual(['M', 'T', 'W', 'T', 'F', 'S', 'S']);
  });
});
