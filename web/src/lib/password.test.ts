import { expect, it } from 'vitest';
import { strengthOf } from './password';

it.each([
  ['short', 0], ['aaaaaaaaaaaaaaaa', 1], ['correct horse battery', 3], ['correct horse battery staple', 4], ['abcdefghijkl', 2],
])('strength of %s is %i', (password, expected) => expect(strengthOf(password)).toBe(expected));
