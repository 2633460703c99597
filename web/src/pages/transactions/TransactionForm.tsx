/** Adds a transaction, or amends one: kind first, then only its fields, and live what it would change. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useRef, useState, type ReactNode } from 'react';
import { newIdempotencyKey, post } from '@/api/client';
import { ApiProblem } from '@/api/problem';
import { booksKey, latestPackQuery, transactionQuery, valueOf } from '@/api/queries';
import type { Account, Answer, Preview, Transaction, TransactionDraft } from '@/api/types';
import { Button } from '@/components/Button';
import { CurrencySelect } from '@/components/CurrencySelect';
import { ErrorSummary, Field, type ControlProps, type ListedError } from '@/components/Field';
import { SecurityPicker } from '@/components/SecurityPicker';
import { Sheet } from '@/components/Sheet';
import { Failure, SkeletonRows } from '@/components/States';
import { useScope } from '@/frame/scope';
import { announce } from '@/lib/announce';
import { useFormat } from '@/lib/format/context';
import { readDecimal } from '@/lib/format/decimal';
import { formErrors } from '@/lib/formErrors';
import { queryClient } from '@/queryClient';
import { text } from '@/text';
import { amendment, build, fieldOfPointer, formOf, type Form, type FormValues } from './draft';
import { EffectView } from './EffectView';
import { fieldsOf, isKind, kinds, type FieldName, type Kind } from './kinds';
import { kindWords } from './words';

interface TransactionFormProps {
  kind: Kind;
  accounts: Account[];
  amends?: Transaction;
  onKind?: (kind: Kind) => void;
  onClose: () => void;
}

/** What was typed survives a reload of the tab, and is forgotten with it. */
const draftKey = 'dawsos.draft';

function storedForm(): Partial<Form> {
  try {
    return JSON.parse(sessionStorage.getItem(draftKey) ?? '{}') as Partial<Form>;
  } catch {
    return {};
  }
}

const idOf = (field: string) => `transaction-${field}`;

/** The form of an entry that is there; its charges and dates come from the entry itself, not from the list. */
export function AmendForm({ id, accounts, onClose }: { id: string; accounts: Account[]; onClose: () => void }) {
  const query = useQuery(transactionQuery(id));
  if (query.data && isKind(query.data.kind)) return <TransactionForm kind={query.data.kind} amends={query.data} accounts={accounts} onClose={onClose} />;
  return (
    <Sheet open onClose={onClose} wide title={text.transactions.amendTitle}>
      {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <SkeletonRows rows={6} />}
    </Sheet>
  );
}

export function TransactionForm({ kind, accounts, amends, onKind, onClose }: TransactionFormProps) {
  const { portfolio } = useScope();
  const f = useFormat();
  const base = portfolio.base_currency;
  const { data: latest } = useQuery(latestPackQuery);
  const openAccounts = accounts.filter((account) => !account.closed_on);
  const [form, setForm] = useState<Form>(() => {
    const old = amends && formOf(amends);
    if (old) return { ...old, kind };
    const stored = storedForm();
    return { kind, account_id: stored.account_id ?? openAccounts[0]?.id ?? '', security: stored.security, values: { currency: base, ...stored.values } };
  });
  const [reason, setReason] = useState('');
  const [localErrors, setLocalErrors] = useState<ListedError[]>([]);
  const key = useRef(newIdempotencyKey());
  const saved = useRef(false);
  const account = form.account_id || openAccounts[0]?.id || '';
  // The day of the newest prices, also when it is known only after the form was opened.
  const values: FormValues = { ...form.values, trade_date: form.values.trade_date ?? latest?.date };
  const complete: Form = { ...form, kind, account_id: account, values };

  useEffect(() => {
    if (!amends && !saved.current) sessionStorage.setItem(draftKey, JSON.stringify(form));
  }, [form, amends]);

  const built = build(complete, { locale: f.settings.locale, base });
  const preview = usePreview(portfolio.id, amends ? undefined : built.draft);

  const save = useMutation({
    mutationFn: (draft: TransactionDraft) =>
      amends
        ? post(`/api/transactions/${amends.id}/amend`, { transaction: amendment(amends, draft), reason }, { idempotencyKey: key.current })
        : post('/api/transactions', { portfolio_id: portfolio.id, transactions: [draft] }, { idempotencyKey: key.current }),
    onSuccess: async () => {
      saved.current = true;
      sessionStorage.removeItem(draftKey);
      announce(amends ? text.transactions.amended : text.transactions.recorded);
      await Promise.all([queryClient.invalidateQueries({ queryKey: booksKey }), queryClient.invalidateQueries({ queryKey: ['portfolios'] })]);
      onClose();
    },
    onError: () => {
      // A refused write was not made: a corrected one is a new intent.
      key.current = newIdempotencyKey();
    },
  });

  const serverErrors = formErrors(save.error, (pointer) => {
    const field = fieldOfPointer(pointer);
    return field && idOf(field);
  });
  const errors = localErrors.length > 0 ? localErrors : serverErrors;
  const errorOf = (field: string) => errors.find((error) => error.field === idOf(field))?.message;

  function change(values: FormValues) {
    setForm((previous) => ({ ...previous, values: { ...previous.values, ...values } }));
    setLocalErrors([]);
  }

  function submit() {
    const found: ListedError[] = built.errors.map((error) => ({ field: idOf(error.field), message: error.message }));
    if (amends && !reason.trim()) found.push({ field: idOf('reason'), message: text.transactions.missing(text.transactions.reason) });
    setLocalErrors(found);
    if (found.length === 0 && built.draft) save.mutate(built.draft);
    else announce(text.forms.check, 'assertive');
  }

  const control = (name: FieldName, label: ReactNode, required: boolean, render: (props: ControlProps) => ReactNode, hint?: ReactNode, className = 'col-span-6') => (
    <Field key={name} id={idOf(name)} label={label} optional={!required} error={errorOf(name)} hint={hint} className={className}>
      {render}
    </Field>
  );

  const fields = fieldsOf[kind].map(({ name, required }) => {
    const label = name === 'trade_date' && kind === 'dividend' ? text.transactions.fields.pay_date : name === 'gross_amount' && kind === 'fx' ? text.transactions.fields.sold : text.transactions.fields[name];
    switch (name) {
      case 'security':
        return control(name, label, required, (props) => (
          <SecurityPicker
            {...props}
            label={label}
            chosen={form.security}
            onChoose={(security) => {
              setForm((previous) => ({ ...previous, security, values: { ...previous.values, ...(security && { currency: security.currency }) } }));
              setLocalErrors([]);
            }}
          />
        ), undefined, 'col-span-12');
      case 'currency':
      case 'counter_currency':
        return control(name, label, required, (props) => <CurrencySelect {...props} value={values[name] ?? ''} onChange={(event) => change({ [name]: event.target.value })} />);
      case 'trade_date':
      case 'settlement_date':
      case 'ex_date':
      case 'pay_date':
      case 'lot_date':
        return control(name, label, required, (props) => <input {...props} type="date" className="field" value={values[name] ?? ''} onChange={(event) => change({ [name]: event.target.value })} />);
      case 'note':
        return control(name, label, required, (props) => <input {...props} className="field" maxLength={1000} value={values.note ?? ''} onChange={(event) => change({ note: event.target.value })} />, undefined, 'col-span-12');
      case 'fx_rate':
        if ((values.currency ?? base) === base) return null;
        return control(name, text.transactions.fxLabel(values.currency ?? '', base), required, (props) => <input {...props} inputMode="decimal" className="field figures text-right" placeholder={text.transactions.fxFromPack} value={values.fx_rate ?? ''} onChange={(event) => change({ fx_rate: event.target.value })} />);
      default:
        return control(name, label, required, (props) => (
          <input {...props} inputMode="decimal" autoComplete="off" className="field figures text-right" value={values[name] ?? ''} onChange={(event) => change({ [name]: event.target.value })} />
        ), typedHint(values[name], f.settings.locale));
    }
  });

  const title = amends ? text.transactions.amendTitle : text.transactions.add;
  return (
    <Sheet
      open
      onClose={onClose}
      wide
      title={title}
      description={amends ? text.transactions.amendLead : text.transactions.addLead(portfolio.name)}
      footer={
        <>
          <Button onClick={onClose}>{text.actions.cancel}</Button>
          <Button type="submit" form="transaction-form" look="primary" busy={save.isPending}>{amends ? text.transactions.amendSubmit : text.transactions.record}</Button>
        </>
      }
    >
      <form
        id="transaction-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <ErrorSummary title={text.forms.check} errors={errors} />
        {save.error !== null && !(save.error instanceof ApiProblem) && <Failure error={save.error} compact />}
        <div className="grid grid-cols-12 gap-x-3 gap-y-4">
          <Field id={idOf('kind')} label={text.transactions.fields.kind} className="col-span-6">
            {(props) => (
              <select {...props} data-first className="field" value={kind} disabled={onKind === undefined} onChange={(event) => onKind?.(event.target.value as Kind)}>
                {kinds.map((option) => <option key={option} value={option}>{kindWords(option)}</option>)}
              </select>
            )}
          </Field>
          <Field id={idOf('account_id')} label={text.transactions.fields.account} error={errorOf('account_id')} className="col-span-6">
            {(props) => (
              <select {...props} className="field" value={account} onChange={(event) => setForm((previous) => ({ ...previous, account_id: event.target.value }))}>
                {openAccounts.map((option) => <option key={option.id} value={option.id}>{option.name}</option>)}
              </select>
            )}
          </Field>
          {fields}
          {amends && (
            <Field id={idOf('reason')} label={text.transactions.reason} error={errorOf('reason')} hint={text.transactions.reasonHint} className="col-span-12">
              {(props) => <input {...props} className="field" maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}
            </Field>
          )}
        </div>
      </form>
      {amends && built.draft ? <Comparison before={amends} after={built.draft} /> : null}
      {!amends && (
        <EffectView
          base={base}
          waiting={built.draft === undefined ? text.transactions.effectWaiting(built.errors.length) : undefined}
          effects={preview.data?.effects}
          warnings={preview.data?.warnings}
          error={preview.error}
          busy={preview.isFetching}
        />
      )}
    </Sheet>
  );
}

/** Echoes how a figure was read when it was typed with marks of a locale. */
function typedHint(typed: string | undefined, locale: string): string | undefined {
  if (!typed || !/[\s,.'’].*[\s,.'’]|,/.test(typed)) return undefined;
  const read = readDecimal(typed, locale);
  return read === undefined || read === typed ? undefined : text.transactions.readAs(read);
}

function usePreview(portfolio: string, draft: TransactionDraft | undefined) {
  const [settled, setSettled] = useState<string>();
  const wanted = useDeferredValue(draft ? JSON.stringify(draft) : undefined);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(wanted), 300);
    return () => clearTimeout(timer);
  }, [wanted]);
  return useQuery({
    queryKey: [...booksKey, 'preview', portfolio, settled],
    enabled: settled !== undefined,
    queryFn: async ({ signal }) => {
      const answer = await post<Answer<unknown>>('/api/transactions/preview', { portfolio_id: portfolio, transactions: [JSON.parse(settled ?? '{}')] }, { signal });
      return valueOf(answer) as Preview;
    },
    placeholderData: (previous) => (settled === undefined ? undefined : previous),
  });
}

/** The old entry beside the new one, field by field, where they differ. */
function Comparison({ before, after }: { before: Transaction; after: TransactionDraft }) {
  const f = useFormat();
  const old = formOf(before);
  const built = old && build({ ...old }, { locale: 'en', base: after.gross_amount?.currency ?? after.price?.currency ?? '' }).draft;
  const words = (value: unknown): string => {
    if (value === undefined || value === null) return '—';
    if (typeof value === 'string') return /^\d{4}-/.test(value) ? f.date(value) : value;
    if (Array.isArray(value)) return value.map(words).join(', ') || '—';
    const record = value as Record<string, unknown>;
    if (record.money) return words(record.money);
    if (typeof record.amount === 'string') return `${record.amount} ${String(record.currency)}`;
    if (typeof record.rate === 'string') return record.rate;
    if (typeof record.to === 'string') return `${record.to}:${String(record.from)}`;
    if (record.cost) return `${words(record.acquired_on)}, ${words(record.cost)}`;
    return typeof record.symbol === 'string' ? record.symbol : typeof record.id === 'string' ? record.id.slice(0, 8) : '';
  };
  const names = [...new Set([...Object.keys(built ?? {}), ...Object.keys(after)])] as (keyof TransactionDraft)[];
  const changed = names.filter((name) => words(built?.[name]) !== words(after[name]));
  return (
    <section className="mt-6">
      <h3 className="mb-2 text-sm font-semibold">{text.transactions.changes}</h3>
      {changed.length === 0 ? (
        <p className="text-sm text-muted">{text.transactions.noChanges}</p>
      ) : (
        <table className="w-full text-sm">
          <thead className="text-xs text-muted">
            <tr><th scope="col" className="py-1 text-left font-medium">{text.transactions.field}</th><th scope="col" className="text-left font-medium">{text.transactions.before}</th><th scope="col" className="text-left font-medium">{text.transactions.after}</th></tr>
          </thead>
          <tbody>
            {changed.map((name) => (
              <tr key={name} className="border-t border-soft">
                <th scope="row" className="py-1.5 text-left font-normal text-muted">{(text.transactions.fields as Record<string, string>)[name] ?? name}</th>
                <td className="figures line-through opacity-70">{words(built?.[name])}</td>
                <td className="figures font-medium">{words(after[name])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
