/** Filters of the book. Each is a part of the address; text waits until the typing stops. */

import { ChevronDown, SlidersHorizontal, X } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { useEffect, useState } from 'react';
import type { Account } from '@/api/types';
import { Button } from '@/components/Button';
import { SecurityPicker } from '@/components/SecurityPicker';
import { cx } from '@/lib/cx';
import type { TransactionSearch } from '@/router';
import { text } from '@/text';
import { kinds } from './kinds';
import { kindWords } from './words';

interface FiltersProps {
  search: TransactionSearch;
  accounts: Account[];
  onChange: (change: Partial<TransactionSearch>) => void;
}

const pause = 300;

export function Filters({ search, accounts, onChange }: FiltersProps) {
  const chosen = search.kind?.split(',') ?? [];
  const [unfolded, setUnfolded] = useState(false);
  const folded = [search.kind, search.account, search.security, search.from, search.to, search.voided].filter((value) => value !== undefined).length;
  const any = folded > 0 || search.text !== undefined;
  return (
    <div role="search" aria-label={text.transactions.filters} className="no-print mb-3 flex flex-wrap items-end gap-2">
      <TextFilter key={search.text === undefined ? 'empty' : 'given'} value={search.text} onChange={(value) => onChange({ text: value })} />
      <Button className="md:hidden" aria-expanded={unfolded} icon={<SlidersHorizontal size={15} aria-hidden />} onClick={() => setUnfolded(!unfolded)}>{text.transactions.moreFilters(folded)}</Button>
      <div className={cx('flex flex-wrap items-end gap-2 max-md:w-full md:contents', !unfolded && 'max-md:hidden')}>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <button type="button" className="field flex !w-auto items-center gap-2 max-md:min-h-11">
            {chosen.length === 0 ? text.transactions.allKinds : chosen.length === 1 ? kindWords(chosen[0] ?? '') : text.transactions.kindCount(chosen.length)}
            <ChevronDown size={14} className="text-muted" aria-hidden />
          </button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content align="start" sideOffset={6} className="fade z-50 max-h-96 min-w-48 overflow-y-auto rounded-md border border-line bg-raised p-1 text-sm">
            {kinds.map((kind) => (
              <DropdownMenu.CheckboxItem
                key={kind}
                checked={chosen.includes(kind)}
                onSelect={(event) => event.preventDefault()}
                onCheckedChange={(on) => {
                  const next = on ? [...chosen, kind] : chosen.filter((other) => other !== kind);
                  onChange({ kind: next.length > 0 ? next.join(',') : undefined });
                }}
                className="flex min-h-8 cursor-pointer items-center gap-2.5 rounded-[5px] px-2.5 outline-none data-[highlighted]:bg-teal-wash max-md:min-h-11"
              >
                <span className="grid size-4 place-items-center rounded-[4px] border border-strong">
                  <DropdownMenu.ItemIndicator className="size-2 rounded-[2px] bg-teal" />
                </span>
                {kindWords(kind)}
              </DropdownMenu.CheckboxItem>
            ))}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {accounts.length > 1 && (
        <select aria-label={text.columns.account} className="field !w-auto max-md:min-h-11" value={search.account ?? ''} onChange={(event) => onChange({ account: event.target.value || undefined })}>
          <option value="">{text.transactions.allAccounts}</option>
          {accounts.map((account) => <option key={account.id} value={account.id}>{account.name}</option>)}
        </select>
      )}
      <div className="w-48 max-md:flex-1">
        <SecurityPicker label={text.columns.security} placeholder={text.transactions.anySecurity} chosenId={search.security} onChoose={(security) => onChange({ security: security?.id })} />
      </div>
      <DateFilter label={text.transactions.from} value={search.from} onChange={(from) => onChange({ from })} />
      <DateFilter label={text.transactions.to} value={search.to} onChange={(to) => onChange({ to })} />
      <label className="flex min-h-9 items-center gap-2 px-1 text-sm max-md:min-h-11">
        <input type="checkbox" className="size-4 accent-(--teal-fill)" checked={search.voided === true} onChange={(event) => onChange({ voided: event.target.checked ? true : undefined })} />
        {text.transactions.showVoided}
      </label>
      {any && (
        <Button look="quiet" icon={<X size={14} aria-hidden />} onClick={() => onChange({ kind: undefined, account: undefined, security: undefined, from: undefined, to: undefined, text: undefined, voided: undefined })}>
          {text.transactions.clearFilters}
        </Button>
      )}
      </div>
    </div>
  );
}

function TextFilter({ value, onChange }: { value: string | undefined; onChange: (value: string | undefined) => void }) {
  const [typed, setTyped] = useState(value ?? '');
  useEffect(() => {
    if (typed === (value ?? '')) return;
    const timer = setTimeout(() => onChange(typed.trim() || undefined), pause);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return <input type="search" aria-label={text.transactions.search} placeholder={text.transactions.search} className="field !w-52 max-md:min-h-11 max-md:!w-auto max-md:flex-1" value={typed} onChange={(event) => setTyped(event.target.value)} />;
}

function DateFilter({ label, value, onChange }: { label: string; value: string | undefined; onChange: (value: string | undefined) => void }) {
  return (
    <label className="flex items-center gap-2 text-xs text-muted max-md:flex-1">
      {label}
      <input type="date" className="field !w-36 max-md:min-h-11 max-md:!w-full" value={value ?? ''} onChange={(event) => onChange(event.target.value || undefined)} />
    </label>
  );
}
