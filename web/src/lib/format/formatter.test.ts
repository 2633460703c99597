import { describe, expect, it } from 'vitest';
import { formatter, minorUnitsOf, type MoneyOptions } from './formatter';

const british = formatter({ locale: 'en-GB', timeZone: 'Europe/Berlin', privacy: false });
const german = formatter({ locale: 'de-DE', timeZone: 'Europe/Berlin', privacy: false });
const quebec = formatter({ locale: 'fr-CA', timeZone: 'America/Toronto', privacy: false });
const hidden = formatter({ locale: 'en-GB', timeZone: 'UTC', privacy: true });
const eur = (amount: string) => ({ amount, currency: 'EUR' });
/** Spaces of locales are written as plain ones, so that the cases are readable. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('money', () => {
  const cases: [string, string, MoneyOptions | undefined, string][] = [
    ['153694.06', 'EUR', undefined, '153,694.06'],
    ['153694.0555', 'EUR', undefined, '153,694.06'],
    ['-1204.5', 'EUR', undefined, '\u22121,204.50'],
    ['1204.5', 'EUR', { sign: true }, '+1,204.50'],
    ['0', 'EUR', { sign: true }, '0.00'],
    ['-0.00', 'EUR', { sign: true }, '0.00'],
    ['0.004', 'EUR', undefined, '<0.01'],
    ['-0.004', 'EUR', undefined, '\u2212<0.01'],
    ['0.005', 'EUR', undefined, '<0.01'],
    ['-0.005', 'EUR', undefined, '\u2212<0.01'],
    ['0.0051', 'EUR', undefined, '0.01'],
    ['1234', 'JPY', undefined, '1,234'],
    ['12.3456', 'BHD', undefined, '12.346'],
    ['1234.5', 'EUR', { currency: 'code' }, '1,234.50 EUR'],
    ['1234.5', 'EUR', { currency: 'symbol' }, '€1,234.50'],
    ['153694.06', 'EUR', { currency: 'symbol', short: true }, '€153.7k'],
    ['999.99', 'EUR', { short: true }, '999.99'],
    // More digits than a float can hold stay as they are.
    ['9007199254740993.01', 'EUR', undefined, '9,007,199,254,740,993.01'],
  ];
  it.each(cases)('%s %s %o is %s', (amount, currency, options, expected) => expect(plain(british.money({ amount, currency }, options))).toBe(expected));

  it('writes as the locale does, the minus real and the space before the symbol narrow or fixed', () => {
    expect(plain(german.money(eur('-1204.5'), { currency: 'symbol' }))).toBe('\u22121.204,50 €');
    expect(plain(quebec.money({ amount: '1234.56', currency: 'CAD' }, { currency: 'symbol' }))).toBe('1 234,56 $');
    expect(german.money(eur('1'), { currency: 'symbol' })).not.toContain(' €');
  });

  it('knows the minor units of currencies, and two for what is not a currency of ISO 4217', () => {
    expect([minorUnitsOf('EUR'), minorUnitsOf('JPY'), minorUnitsOf('KWD'), minorUnitsOf('GBX')]).toEqual([2, 0, 3, 2]);
  });

  it('never shows an amount in privacy mode, but the currency stays', () => {
    expect(hidden.money(eur('153694.06'))).toBe('••••');
    expect(plain(hidden.money(eur('153694.06'), { currency: 'code' }))).toBe('•••• EUR');
    expect(hidden.money(eur('153694.06'), { currency: 'symbol' })).toBe('€••••');
    expect(hidden.quantity('12.5')).toBe('••••');
    expect(hidden.fraction(0.0123, { sign: true })).toBe('+1.23%');
  });
});

describe('price and quantity', () => {
  it.each([
    ['0.0825', '0.0825'], ['12.5', '12.50'], ['2207.8101', '2,207.8101'], ['0.12345678', '0.123457'], ['165', '165.00'],
  ])('price %s is %s', (amount, expected) => expect(british.price({ amount, currency: 'USD' })).toBe(expected));

  it('keeps its currency when asked', () => expect(plain(british.price({ amount: '105.6', currency: 'HKD' }, { currency: 'code' }))).toBe('105.60 HKD'));

  it.each([
    ['12.5', '12.5'], ['12.500', '12.5'], ['100', '100'], ['86.1094', '86.1094'], ['0.00000001', '0.00000001'], ['-3', '\u22123'], ['1234567.25', '1,234,567.25'],
  ])('quantity %s is %s', (value, expected) => expect(british.quantity(value)).toBe(expected));
});

describe('fractions', () => {
  it.each([
    [0.0123, { sign: true }, '+1.23%'], [-0.0123, { sign: true }, '\u22121.23%'], [0, { sign: true }, '0.00%'], [0.0123, {}, '1.23%'],
    [0.153746, { digits: 1 }, '15.4%'], [0.00004, {}, '<0.01%'], [-0.00004, { sign: true }, '\u2212<0.01%'], [-0.00005, { sign: true }, '\u2212<0.01%'], [-0.000051, { sign: true }, '\u22120.01%'],
    [1.14969368, { sign: true }, '+114.97%'], [0.2, {}, '20.00%'],
  ])('%f with %o is %s', (value, options, expected) => expect(british.fraction(value, options)).toBe(expected));

  it('has the space before % where the locale has one', () => expect(plain(german.fraction(0.0123, { sign: true }))).toBe('+1,23 %'));
  it('is never printed as basis points: those have a function and a unit of their own', () => expect(plain(british.bps(25))).toBe('25 bp'));
});

describe('ratios, scores, dates', () => {
  it.each([[1.07, '1.07'], [-0.004, '\u2212<0.01'], [0, '0.00'], [12.345, '12.34'], [12.355, '12.36']])('ratio %f is %s', (value, expected) => expect(british.ratio(value)).toBe(expected));
  it('writes scores out of ten', () => expect(british.score10(7.4)).toBe('7.4/10'));
  it('takes a calendar date as it is, whatever the zone', () => {
    expect(formatter({ locale: 'en-GB', timeZone: 'Pacific/Kiritimati', privacy: false }).date('2022-06-15')).toBe('15 Jun 2022');
    expect(formatter({ locale: 'en-US', timeZone: 'America/Los_Angeles', privacy: false }).date('2022-06-15')).toBe('Jun 15, 2022');
  });
  it('puts instants into the zone of the user', () => expect(british.dateTime('2022-06-15T18:00:00Z')).toContain('20:00:00'));
  it('shows what is no date as it came', () => expect(british.date('soon')).toBe('soon'));
});
