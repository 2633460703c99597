/** Title of a page and, in purple, what its figures rest on: pack, ledger commit, base currency. A click explains. */

import { Fingerprint } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import type { Answer } from '@/api/types';
import { text } from '@/text';
import { RestatedBanner } from './Banners';
import { Provenance } from './Provenance';

interface PageHeaderProps {
  title: string;
  answer?: Answer<unknown>;
  actions?: ReactNode;
  lead?: ReactNode;
}

export function PageHeader({ title, answer, actions, lead }: PageHeaderProps) {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    document.title = `${title} · DawsOS`;
  }, [title]);
  const context = answer?.context;
  return (
    <>
      <header className="mb-4 flex flex-wrap items-end gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h1 className="text-xl leading-tight font-semibold tracking-tight">{title}</h1>
          {lead !== undefined && <p className="mt-0.5 text-sm text-muted">{lead}</p>}
          {context && (
            <button type="button" onClick={() => setOpen(true)} className="mono mt-1 flex flex-wrap items-center gap-x-2 text-left text-xs text-purple hover:underline">
              <Fingerprint size={13} aria-hidden />
              {context.pricing_pack_id && <span>{context.pricing_pack_id}</span>}
              {context.ledger_commit && <span>{text.provenance.ledgerShort(context.ledger_commit.slice(0, 8))}</span>}
              <span>{context.base_currency}</span>
            <span className="sr-only">{text.provenance.open}</span>
            </button>
          )}
        </div>
        {actions !== undefined && <div className="no-print ml-auto flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {answer && <RestatedBanner meta={answer.meta} asOf={answer.context.as_of} />}
      {answer && <Provenance answer={answer} open={open} onClose={() => setOpen(false)} />}
    </>
  );
}
