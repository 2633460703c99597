import { expect, it } from 'vitest';
import { choosePortfolio } from './frame/scope';
import { shouldRetry } from './queryClient';
import { ApiProblem, NetworkProblem } from './api/problem';
import { localPath } from './router';
import type { Portfolio } from './api/types';

it.each([
  ['/holdings?open=x', '/holdings?open=x'], [undefined, '/overview'], ['https://elsewhere.example', '/overview'], ['//elsewhere.example', '/overview'], ['/\\elsewhere.example', '/overview'], ['javascript:alert(1)', '/overview'],
])('after signing in, %s leads to %s', (next, expected) => expect(localPath(next)).toBe(expected));

it('never repeats what the server refused, but a cut connection', () => {
  expect(shouldRetry(0, new ApiProblem(404, {}))).toBe(false);
  expect(shouldRetry(0, new ApiProblem(503, {}))).toBe(false);
  expect(shouldRetry(1, new NetworkProblem(undefined))).toBe(true);
  expect(shouldRetry(2, new NetworkProblem(undefined))).toBe(false);
});

it('shows the portfolio of the address, else the preferred, else the first', () => {
  const list = ['a', 'b', 'c'].map((id): Portfolio => ({
    id, name: id, base_currency: 'EUR', access: 'owner', description: '', calendar: 'all_days', cost_basis_method: 'fifo', created_at: '', demo: false, ledger_commit: '', ledger_seq: 0, status: 'active',
  }));
  expect(choosePortfolio(list, 'c', 'b')?.id).toBe('c');
  // An address that names another person's book must not show one's own in its place.
  expect(choosePortfolio(list, 'gone', 'b')).toBeUndefined();
  expect(choosePortfolio(list, undefined, null)?.id).toBe('a');
  expect(choosePortfolio([], undefined, null)).toBeUndefined();
});
