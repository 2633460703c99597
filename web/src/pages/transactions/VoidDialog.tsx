/** Voiding is an entry of its own with a reason: nothing is erased. What depends on it is named by the server. */

import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { newIdempotencyKey, post } from '@/api/client';
import { booksKey } from '@/api/queries';
import { Button } from '@/components/Button';
import { Field } from '@/components/Field';
import { Modal } from '@/components/Modal';
import { Failure } from '@/components/States';
import { announce } from '@/lib/announce';
import { useFormat } from '@/lib/format/context';
import { shortSymbol } from '@/lib/symbol';
import { queryClient } from '@/queryClient';
import { text } from '@/text';
import { kindWords } from './words';

export interface VoidTarget {
  id: string;
  kind: string;
  symbol?: string | null;
  trade_date: string;
}

export function VoidDialog({ transaction, onClose }: { transaction: VoidTarget; onClose: () => void }) {
  const f = useFormat();
  const [reason, setReason] = useState('');
  const [asked, setAsked] = useState(false);
  const key = useRef(newIdempotencyKey());
  const send = useMutation({
    mutationFn: () => post(`/api/transactions/${transaction.id}/void`, { reason: reason.trim() }, { idempotencyKey: key.current }),
    onSuccess: async () => {
      announce(text.transactions.voided);
      await Promise.all([queryClient.invalidateQueries({ queryKey: booksKey }), queryClient.invalidateQueries({ queryKey: ['portfolios'] })]);
      onClose();
    },
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  const missing = asked && !reason.trim() ? text.transactions.missing(text.transactions.reason) : undefined;
  return (
    <Modal label={text.transactions.voidTitle} onClose={onClose} className="fade m-auto w-[calc(100vw-32px)] max-w-md rounded-md border border-line bg-card p-5 text-text">
          <h2 className="text-lg font-semibold">{text.transactions.voidTitle}</h2>
          <p className="mt-1 text-sm text-muted">
            {text.transactions.voidLead(`${kindWords(transaction.kind)} ${shortSymbol(transaction.symbol ?? '')}`.trim(), f.date(transaction.trade_date))}
          </p>
          <form
            className="mt-4 space-y-4"
            onSubmit={(event) => {
              event.preventDefault();
              setAsked(true);
              if (reason.trim()) send.mutate();
            }}
          >
            <Field label={text.transactions.reason} hint={text.transactions.reasonHint} error={missing}>
              {(control) => <input {...control} autoFocus className="field" maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}
            </Field>
            {send.error !== null && <Failure error={send.error} compact />}
            <div className="flex justify-end gap-2">
              <Button onClick={onClose}>{text.actions.cancel}</Button>
              <Button type="submit" look="danger" busy={send.isPending}>{text.transactions.voidSubmit}</Button>
            </div>
          </form>
    </Modal>
  );
}
