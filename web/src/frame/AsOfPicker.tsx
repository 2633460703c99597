/** The date of the figures. Only days with a pricing pack can be chosen; restated ones are marked. */

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { CalendarDays, ChevronLeft, ChevronRight } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useRef, useState, type KeyboardEvent } from 'react';
import { latestPackQuery, packsQuery } from '@/api/queries';
import { Button, IconButton } from '@/components/Button';
import { cx } from '@/lib/cx';
import { useFormat } from '@/lib/format/context';
import { addDays, daysOfMonth, monthName, monthOf, shiftMonth, weekdayNames, weekdayOf } from '@/lib/calendar';
import { text } from '@/text';

export function AsOfPicker() {
  const search = useSearch({ strict: false });
  const latest = useQuery(latestPackQuery);
  const [open, setOpen] = useState(false);
  const f = useFormat();
  const shown = search.as_of ?? latest.data?.date;
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <button type="button" className="flex h-9 items-center gap-2 rounded-[6px] border border-line px-3 text-sm whitespace-nowrap hover:bg-raised" aria-label={shown ? text.frame.asOf(f.date(shown)) : text.frame.chooseDate}>
          <CalendarDays size={15} className="text-muted max-sm:hidden" aria-hidden />
          <span className="figures max-[359px]:hidden">{shown ? f.date(shown) : '…'}</span>
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="start" sideOffset={6} collisionPadding={8} className="fade z-50 w-[300px] rounded-md border border-line bg-raised p-3" aria-label={text.frame.chooseDate}>
          {shown && <Calendar key={shown} chosen={shown} latest={latest.data?.date} onDone={() => setOpen(false)} />}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Calendar({ chosen, latest, onDone }: { chosen: string; latest: string | undefined; onDone: () => void }) {
  const [month, setMonth] = useState(monthOf(chosen));
  const [focused, setFocused] = useState(chosen);
  const grid = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const f = useFormat();
  const days = daysOfMonth(month);
  const { data: packs = [] } = useQuery(packsQuery(`${month}-01`, days.at(-1) ?? `${month}-28`));
  const byDate = new Map(packs.filter((pack) => pack.superseded_by === null || pack.superseded_by === undefined).map((pack) => [pack.date, pack]));

  function choose(date: string | undefined) {
    void navigate({ to: '.', search: (previous) => ({ ...previous, as_of: date === latest ? undefined : date }) });
    onDone();
  }

  function onKeyDown(event: KeyboardEvent) {
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
    const step = steps[event.key];
    let target: string | undefined;
    if (step !== undefined) target = addDays(focused, step);
    else if (event.key === 'PageUp') target = `${shiftMonth(month, -1)}-${focused.slice(8)}`;
    else if (event.key === 'PageDown') target = `${shiftMonth(month, 1)}-${focused.slice(8)}`;
    if (target === undefined) return;
    event.preventDefault();
    const end = daysOfMonth(monthOf(target)).at(-1) ?? target;
    const next = target > end ? end : target;
    setFocused(next);
    setMonth(monthOf(next));
    requestAnimationFrame(() => grid.current?.querySelector<HTMLElement>(`[data-date="${next}"]`)?.focus());
  }

  return (
    <div>
      <div className="mb-2 flex items-center justify-between">
        <IconButton label={text.frame.previousMonth} onClick={() => setMonth(shiftMonth(month, -1))}><ChevronLeft size={16} aria-hidden /></IconButton>
        <p className="text-sm font-medium" aria-live="polite">{monthName(month, f.settings.locale)}</p>
        <IconButton label={text.frame.nextMonth} onClick={() => setMonth(shiftMonth(month, 1))}><ChevronRight size={16} aria-hidden /></IconButton>
      </div>
      <div ref={grid} className="grid grid-cols-7 gap-0.5" role="group" aria-label={text.frame.chooseDate} onKeyDown={onKeyDown}>
        {weekdayNames(f.settings.locale).map((name, index) => <span key={index} className="pb-1 text-center text-xs text-muted" aria-hidden>{name}</span>)}
        {days.map((day, index) => {
          const pack = byDate.get(day);
          return (
            <button
              key={day}
              type="button"
              data-date={day}
              disabled={!pack && day !== focused}
              aria-pressed={day === chosen}
              aria-label={`${f.date(day)}${pack && pack.revision > 0 ? `, ${text.staleness.restated}` : ''}`}
              tabIndex={day === focused ? 0 : -1}
              style={index === 0 ? { gridColumnStart: weekdayOf(day) } : undefined}
              onClick={() => pack && choose(day)}
              className={cx(
                'figures relative grid h-8 place-items-center rounded-[5px] text-xs',
                day === chosen ? 'bg-teal-fill font-semibold text-on-teal' : pack ? 'hover:bg-card' : 'cursor-default text-muted opacity-40',
              )}
            >
              {Number(day.slice(8))}
              {pack && pack.revision > 0 && <span className="absolute bottom-0.5 size-1 rounded-full bg-amber" aria-hidden />}
            </button>
          );
        })}
      </div>
      {latest && (
        <div className="mt-3 flex items-center justify-between gap-2">
          <span className="text-xs text-muted">{text.frame.onlyPackDays}</span>
          <Button small onClick={() => choose(undefined)}>{text.frame.latest}</Button>
        </div>
      )}
    </div>
  );
}
