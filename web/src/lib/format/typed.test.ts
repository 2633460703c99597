import { describe, expect, it } from 'vitest';
import { formatter } from './formatter';
import { typedText } from './typed';

const f = formatter({ locale: 'en-GB', timeZone: 'UTC', privacy: false });
const hidden = formatter({ locale: 'en-GB', timeZone: 'UTC', privacy: true });

describe('typed values of panels', () => {
  it.each([
    [0.0123, 'percentage', {}, '1.23%', 1],
    [-0.0123, 'percentage', { signed: true }, '\u22121.23%', -1],
    [25, 'bps', {}, '25\u202fbp', 1],
    [1.071, 'decimal_2', {}, '1.07', 1],
    [7.4, 'rating', {}, '7.4/10', 1],
    [82, 'rating', {}, '82', 1],
    [12, 'integer', {}, '12', 1],
    [1234.5678912, 'auto', {}, '1,234.57', 1],
    ['12.500', 'number', {}, '12.5', 1],
    ['2022-06-15', 'date', {}, '15 Jun 2022', 0],
    ['2022-06-15', 'text', {}, '2022-06-15', 0],
    ['Apple', 'text', {}, 'Apple', 0],
    [{ amount: '5', currency: 'EUR' }, 'currency', { stated: 'EUR' }, '5.00', 1],
    [{ amount: '5', currency: 'USD' }, 'currency', { stated: 'EUR' }, '5.00\u00a0USD', 1],
    [{ amount: '0.0825', currency: 'USD' }, 'price', { stated: 'USD' }, '0.0825', 1],
    [{ base: 'USD', quote: 'CAD', rate: '1.3675' }, 'auto', {}, '1.3675', 0],
    [true, 'auto', {}, 'yes', 0],
    [['a', 'b'], 'text', {}, 'a, b', 0],
  ])('%o as %s', (value, format, options, expected, sign) => expect(typedText(value, format, f, options)).toMatchObject({ text: expected, sign }));

  it('shows an absent value as a dash with its reason, never as a number', () => {
    const value = { absent: { code: 'missing_price', why: 'missing_price: XTSE:CNR on 2024-03-28' } };
    expect(typedText(value, 'currency', f)).toMatchObject({ text: '—', sign: 0, absent: { code: 'missing_price' }, exact: 'missing_price: XTSE:CNR on 2024-03-28' });
  });

  it('hides the full precision of amounts in privacy mode too', () => {
    expect(typedText({ amount: '5.25', currency: 'EUR' }, 'currency', hidden)).toMatchObject({ text: '••••\u00a0EUR', exact: '' });
    expect(typedText('5.25', 'number', hidden)).toMatchObject({ text: '••••', exact: '' });
  });

  it('draws a format that it does not know by the type', () => expect(typedText(0.5, 'holographic', f).text).toBe('0.5'));
});
