/** Finds a security by symbol, name or ISIN: a text field with a list, moved through with the arrow keys. */

import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { holdingsQuery, securitySearchQuery } from '@/api/queries';
import { useScope } from '@/frame/scope';
import { cx } from '@/lib/cx';
import { shortSymbol } from '@/lib/symbol';
import { text } from '@/text';
import type { ControlProps } from './Field';

/** What a choice is known by; a match of the search, or a position of the book. */
export interface ChosenSecurity {
  id: string;
  symbol?: string | null;
  name: string;
  mic?: string | null;
  currency?: string;
}

interface SecurityPickerProps extends Partial<ControlProps> {
  label: string;
  placeholder?: string;
  chosen?: ChosenSecurity;
  /** When only the id is known (from an address), its words are looked up among the holdings. */
  chosenId?: string;
  onChoose: (security: ChosenSecurity | undefined) => void;
}

const pause = 200;

export function SecurityPicker({ label, placeholder, chosen, chosenId, onChoose, ...control }: SecurityPickerProps) {
  const { scope } = useScope();
  const [typed, setTyped] = useState('');
  const [asked, setAsked] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const [last, setLast] = useState<ChosenSecurity>();
  const list = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(typed.trim()), pause);
    return () => clearTimeout(timer);
  }, [typed]);
  const found = useQuery(securitySearchQuery(asked));
  const held = useQuery({ ...holdingsQuery(scope), enabled: open || chosenId !== undefined });
  const heldSecurities = held.data?.value.positions.map(({ security_id, symbol, name, currency }): ChosenSecurity => ({ id: security_id, symbol, name, currency })) ?? [];
  // Before anything is typed, what is held is offered.
  const options: ChosenSecurity[] = (asked ? found.data : heldSecurities)?.slice(0, 12) ?? [];
  const known = chosen ?? (chosenId ? (heldSecurities.find((security) => security.id === chosenId) ?? (last?.id === chosenId ? last : { id: chosenId, symbol: text.transactions.oneSecurity, name: '' })) : undefined);

  function choose(security: ChosenSecurity | undefined) {
    setLast(security);
    onChoose(security);
    setTyped('');
    setOpen(false);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Escape' && open) {
      event.stopPropagation();
      setOpen(false);
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      setActive((at) => Math.min(options.length - 1, Math.max(0, at + (event.key === 'ArrowDown' ? 1 : -1))));
    } else if (event.key === 'Enter' && open) {
      event.preventDefault();
      const option = options[active];
      if (option) choose(option);
    }
  }

  if (known) {
    return (
      <div className="field flex items-center gap-2 !py-0 max-md:min-h-11">
        <span className="mono font-medium">{shortSymbol(known.symbol ?? '')}</span>
        <span className="min-w-0 flex-1 truncate text-muted">{known.name}</span>
        <button type="button" id={control.id} aria-label={text.transactions.otherSecurity(shortSymbol(known.symbol ?? ''))} className="grid size-7 place-items-center rounded-[4px] text-muted hover:text-text" onClick={() => choose(undefined)}>
          <X size={14} aria-hidden />
        </button>
      </div>
    );
  }
  return (
    <div className="relative">
      <input
        {...control}
        ref={input}
        role="combobox"
        aria-label={label}
        aria-expanded={open && options.length > 0}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={open && options.length > 0 ? `${list}-${active}` : undefined}
        autoComplete="off"
        placeholder={placeholder ?? text.transactions.searchSecurity}
        className="field max-md:min-h-11"
        value={typed}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onChange={(event) => {
          setTyped(event.target.value);
          setOpen(true);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id={list} role="listbox" aria-label={label} hidden={!open || (options.length === 0 && !asked)} className="absolute z-30 mt-1 max-h-72 w-full min-w-72 overflow-y-auto rounded-md border border-line bg-raised p-1 text-sm">
        {options.map((option, index) => (
          // The keyboard works through the input, which keeps the focus.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={option.id}
            id={`${list}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            className={cx('flex min-h-8 cursor-pointer items-center gap-2.5 rounded-[5px] px-2.5 max-md:min-h-11', index === active && 'bg-teal-wash')}
            onMouseDown={(event) => event.preventDefault()}
            onMouseEnter={() => setActive(index)}
            onClick={() => choose(option)}
          >
            <span className="mono w-16 shrink-0 font-medium">{shortSymbol(option.symbol ?? '')}</span>
            <span className="min-w-0 flex-1 truncate text-muted">{option.name}</span>
            <span className="text-xs text-muted">{option.mic ?? option.currency}</span>
          </div>
        ))}
        {options.length === 0 && asked && !found.isFetching && <div role="option" tabIndex={-1} aria-selected="false" aria-disabled="true" className="px-2.5 py-2 text-muted">{text.transactions.noSecurity(asked)}</div>}
      </div>
    </div>
  );
}
