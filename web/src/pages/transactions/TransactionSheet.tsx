/** One entry in full, with its history: each amendment, each void, each commit. */

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { transactionQuery } from '@/api/queries';
import type { Transaction } from '@/api/types';
import { Button } from '@/components/Button';
import { Figure } from '@/components/Figure';
import { Sheet } from '@/components/Sheet';
import { Loaded, SkeletonRows } from '@/components/States';
import { useFormat } from '@/lib/format/context';
import { text } from '@/text';
import { isKind } from './kinds';
import type { VoidTarget } from './VoidDialog';
import { kindWords, StatusChip } from './words';

interface TransactionSheetProps {
  id: string;
  accountNames: Map<string, string>;
  mayWrite: boolean;
  onAmend: (id: string) => void;
  onVoid: (target: VoidTarget) => void;
  onClose: () => void;
}

export function TransactionSheet({ id, accountNames, mayWrite, onAmend, onVoid, onClose }: TransactionSheetProps) {
  const query = useQuery(transactionQuery(id));
  const f = useFormat();
  const shown = query.data;
  const title = shown ? `${kindWords(shown.kind)}${shown.security?.symbol ? ` ${shown.security.symbol}` : ''}` : text.transactions.details;
  return (
    <Sheet
      open
      onClose={onClose}
      title={title}
      description={shown && <span className="inline-flex items-center gap-2">{f.date(shown.trade_date)} <StatusChip status={shown.status} /></span>}
      footer={
        shown && mayWrite && shown.status === 'active' ? (
          <>
            <Button look="danger" onClick={() => onVoid({ id: shown.id, kind: shown.kind, symbol: shown.security?.symbol, trade_date: shown.trade_date })}>{text.transactions.void}</Button>
            {isKind(shown.kind) && <Button onClick={() => onAmend(shown.id)}>{text.transactions.amend}</Button>}
          </>
        ) : undefined
      }
    >
      <Loaded query={query} skeleton={<SkeletonRows />}>
        {(transaction) => (
          <>
            <Facts transaction={transaction} accountNames={accountNames} />
            <p className="mt-6 border-t border-soft pt-3 text-xs text-muted">
              {text.transactions.entry(transaction.seq)}
              {` · ${f.dateTime(transaction.recorded_at)}`}
              <span className="mono text-purple"> {transaction.ledger_commit.slice(0, 8)}</span>
            </p>
            {transaction.history.length > 0 && (
              <section className="mt-6">
                <h3 className="mb-2 text-sm font-semibold">{text.transactions.history}</h3>
                <ol className="space-y-2 border-l-2 border-soft pl-4 text-sm">
                  {transaction.history.map((entry) => (
                    <li key={`${entry.seq}`}>
                      <p>
                        {(text.transactions.statuses as Record<string, string>)[entry.status] ?? entry.status}
                        {entry.reason ? <span className="text-muted"> · {entry.reason}</span> : null}
                      </p>
                      <p className="text-xs text-muted">
                        {entry.recorded_at ? f.dateTime(entry.recorded_at) : ''} · {text.transactions.entry(entry.seq)}
                        {entry.ledger_commit ? <span className="mono text-purple"> {entry.ledger_commit.slice(0, 8)}</span> : null}
                      </p>
                    </li>
                  ))}
                </ol>
              </section>
            )}
          </>
        )}
      </Loaded>
    </Sheet>
  );
}

function Facts({ transaction, accountNames }: { transaction: Transaction; accountNames: Map<string, string> }) {
  const f = useFormat();
  const rows: [string, ReactNode][] = [];
  const add = (label: string, value: ReactNode) => {
    if (value !== undefined && value !== null && value !== '' && value !== false) rows.push([label, value]);
  };
  const fields = text.transactions.fields;
  add(fields.account, transaction.account?.name ?? accountNames.get(transaction.account_id));
  add(fields.security, transaction.security && `${transaction.security.symbol ?? ''} ${transaction.security.name}`);
  add(fields.settlement_date, transaction.settlement_date && f.date(transaction.settlement_date));
  add(fields.ex_date, transaction.ex_date && f.date(transaction.ex_date));
  add(fields.quantity, transaction.quantity && <Figure value={transaction.quantity} format="number" />);
  add(fields.price, transaction.price && <Figure value={transaction.price} format="price" />);
  add(fields.gross_amount, <Figure value={transaction.gross_amount} />);
  for (const fee of transaction.fees) add(`${fields.fees} (${fee.kind})`, <Figure value={fee.money} />);
  for (const tax of transaction.taxes) add(`${fields.tax} (${tax.kind})`, <Figure value={tax.money} />);
  add(text.columns.net, <Figure value={transaction.net_amount} signed />);
  add(fields.counter_amount, transaction.counter_amount && <Figure value={transaction.counter_amount} signed />);
  add(fields.fx_rate, transaction.fx_rate && <span className="figures">{text.transactions.fxText(transaction.fx_rate.base, f.fxRate(transaction.fx_rate), transaction.fx_rate.quote)}</span>);
  add(text.columns.base, transaction.base_amounts?.net && <Figure value={transaction.base_amounts.net} signed />);
  add(text.transactions.ratio, transaction.ratio && `${transaction.ratio.to}:${transaction.ratio.from}`);
  add(fields.lot_date, transaction.cost_basis && f.date(transaction.cost_basis.acquired_on));
  add(fields.lot_cost, transaction.cost_basis && <Figure value={transaction.cost_basis.cost} />);
  add(fields.note, transaction.note);
  add(text.transactions.externalId, transaction.external_id);
  add(text.transactions.source, transaction.import_id ? <Link to="/imports/$importId" params={{ importId: transaction.import_id }}>{text.transactions.fromImport}</Link> : transaction.source);
  return (
    <dl className="grid grid-cols-[minmax(130px,auto)_1fr] gap-x-4 gap-y-2 text-sm">
      {rows.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-muted">{label}</dt>
          <dd className="text-right break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
