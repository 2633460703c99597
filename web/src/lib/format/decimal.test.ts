import { describe, expect, it } from 'vitest';
import { compareDecimals, decimalsOf, integerDigits, isDecimal, readDecimal, roundsToZero, signOf } from './decimal';

describe('decimal texts', () => {
  it.each([
    ['0', true], ['12.5', true], ['-0.0001', true], ['00123', true],
    ['', false], ['.5', false], ['5.', false], ['1e3', false], ['1,000', false], ['+1', false], ['NaN', false], ['--1', false],
  ])('%s is a decimal: %s', (text, expected) => expect(isDecimal(text)).toBe(expected));

  it.each([['0', 0], ['-0.00', 0], ['0.0001', 1], ['-3', -1], ['100', 1]])('sign of %s is %i', (text, expected) => expect(signOf(text)).toBe(expected));
  it.each([['12', 0], ['12.500', 1], ['0.0825', 4], ['3.0', 0]])('%s carries %i decimals', (text, expected) => expect(decimalsOf(text)).toBe(expected));
  it.each([['0.5', 0], ['007', 1], ['-1234567.8', 7]])('%s has %i integer digits', (text, expected) => expect(integerDigits(text)).toBe(expected));

  it.each([
    ['0.0049', 2, true], ['0.005', 2, true], ['0.0051', 2, false], ['-0.00499', 2, true], ['0.4', 0, true], ['0.5', 0, true], ['0.6', 0, false], ['0', 2, true],
  ])('%s at %i decimals rounds to zero: %s', (text, digits, expected) => expect(roundsToZero(text, digits)).toBe(expected));

  it.each([
    ['1', '2', -1], ['2', '1.99', 1], ['1.10', '1.1', 0], ['-1', '1', -1], ['-2', '-10', 1],
    // One unit apart where a float has no digits left.
    ['9007199254740993', '9007199254740992', 1],
    ['0.1', '0.10000000000000000001', -1],
  ])('%s against %s', (a, b, expected) => expect(compareDecimals(a, b)).toBe(expected));
});

describe('what a user typed', () => {
  it.each([
    ['1234.5', 'en-GB', '1234.5'],
    ['1,234.5', 'en-GB', '1234.5'],
    ['12,34', 'en-GB', undefined],
    ['1.234,5', 'de-DE', '1234.5'],
    ['0,5', 'de-DE', '0.5'],
    ['12.5', 'de-DE', undefined],
    ['1 234,56', 'fr-CA', '1234.56'],
    ['\u22125', 'en-GB', '-5'],
    ['.5', 'en-GB', '0.5'],
    ['5.', 'en-GB', '5'],
    ['abc', 'en-GB', undefined],
    ['', 'en-GB', undefined],
    ['1e5', 'en-GB', undefined],
  ])('%s in %s is %s', (typed, locale, expected) => expect(readDecimal(typed, locale)).toBe(expected));
});
