/** Makes a portfolio and its account. Shown instead of a page while there is none. */

import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { newIdempotencyKey, post } from '@/api/client';
import { portfoliosQuery, sessionQuery } from '@/api/queries';
import type { Account, Envelope, Portfolio } from '@/api/types';
import { Button } from '@/components/Button';
import { CurrencySelect } from '@/components/CurrencySelect';
import { ErrorSummary, Field } from '@/components/Field';
import { PageHeader } from '@/frame/PageHeader';
import { useMay } from '@/frame/scope';
import { Empty } from '@/components/States';
import { formErrors } from '@/lib/formErrors';
import { queryClient } from '@/queryClient';
import { text } from '@/text';

const accountKinds = ['brokerage', 'retirement', 'bank', 'crypto', 'property', 'other'] as const;

export function FirstPortfolio() {
  const mayWrite = useMay('portfolio_write');
  return (
    <>
      <PageHeader title={text.portfolio.welcome} lead={text.portfolio.welcomeLead} />
      {mayWrite ? <PortfolioForm /> : <div className="card"><Empty>{text.portfolio.ask}</Empty></div>}
    </>
  );
}

export function PortfolioForm() {
  const navigate = useNavigate();
  const [base, setBase] = useState('EUR');
  const [made, setMade] = useState<Portfolio>();
  const keys = useRef({ portfolio: newIdempotencyKey(), account: newIdempotencyKey() });
  const create = useMutation({
    mutationFn: async (form: FormData) => {
      const field = (name: string) => {
        const value = form.get(name);
        return typeof value === 'string' ? value.trim() : '';
      };
      // When the account was refused, the portfolio is there already: only the account is tried again.
      const portfolio = made ?? (await post<Envelope<Portfolio>>('/api/portfolios', { name: field('name'), base_currency: base }, { idempotencyKey: keys.current.portfolio })).data;
      setMade(portfolio);
      await post<Envelope<Account>>(
        `/api/portfolios/${portfolio.id}/accounts`,
        { name: field('account_name'), kind: field('account_kind'), currency: base, tax_treatment: 'taxable' },
        { idempotencyKey: keys.current.account },
      );
      return portfolio;
    },
    onSuccess: async (portfolio) => {
      await Promise.all([queryClient.invalidateQueries({ queryKey: portfoliosQuery.queryKey }), queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey })]);
      void navigate({ to: '/overview', search: { portfolio: portfolio.id } });
    },
    onError: () => {
      keys.current = { portfolio: newIdempotencyKey(), account: newIdempotencyKey() };
    },
  });
  const errors = formErrors(create.error, (pointer) => `portfolio-${made ? 'account_' : ''}${pointer.slice(1)}`);
  return (
    <form
      className="card max-w-2xl p-5"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(new FormData(event.currentTarget));
      }}
    >
      <ErrorSummary title={text.forms.check} errors={errors} />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field id="portfolio-name" label={text.portfolio.name} className="sm:col-span-2">
          {(control) => <input {...control} name="name" required maxLength={120} autoFocus className="field" placeholder={text.portfolio.namePlaceholder} />}
        </Field>
        <Field id="portfolio-base_currency" label={text.portfolio.base} hint={text.portfolio.baseHint} className="sm:col-span-2">
          {(control) => <CurrencySelect {...control} value={base} onChange={(event) => setBase(event.target.value)} />}
        </Field>
        <Field id="portfolio-account_name" label={text.portfolio.account} hint={text.portfolio.accountHint}>
          {(control) => <input {...control} name="account_name" required maxLength={120} className="field" placeholder={text.portfolio.accountPlaceholder} />}
        </Field>
        <Field id="portfolio-account_kind" label={text.portfolio.accountKind}>
          {(control) => (
            <select {...control} name="account_kind" className="field">
              {accountKinds.map((kind) => <option key={kind} value={kind}>{text.portfolio.accountKinds[kind]}</option>)}
            </select>
          )}
        </Field>
      </div>
      <p className="mt-4 text-xs text-muted">{text.portfolio.fifo}</p>
      <div className="mt-5 flex justify-end">
        <Button type="submit" look="primary" busy={create.isPending}>{text.portfolio.submit}</Button>
      </div>
    </form>
  );
}
