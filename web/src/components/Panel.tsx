/** A card with a title, its unit, a staleness chip and its actions. Every figure on a page lives in one. */

import { useId, type ReactNode } from 'react';
import type { Staleness } from '@/api/types';
import { cx } from '@/lib/cx';
import { useFormat } from '@/lib/format/context';
import { text } from '@/text';
import { Chip } from './Chip';

interface PanelProps {
  title: string;
  unit?: string;
  summary?: ReactNode;
  staleness?: Staleness;
  actions?: ReactNode;
  className?: string;
  flush?: boolean;
  children: ReactNode;
}

export function Panel({ title, unit, summary, staleness, actions, className, flush, children }: PanelProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={cx('card flex min-w-0 flex-col', className)}>
      <header className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 px-(--pad) pt-2.5 pb-1.5">
        <h2 id={id} className="text-sm font-semibold">
          {title}
          {unit !== undefined && <span className="ml-2 font-normal text-muted">{unit}</span>}
        </h2>
        <StalenessChip staleness={staleness} />
        {actions !== undefined && <div className="no-print ml-auto flex items-center gap-1">{actions}</div>}
        {summary !== undefined && summary !== '' && <p className="w-full text-xs text-muted">{summary}</p>}
      </header>
      <div className={cx('flex min-w-0 flex-1 flex-col [&>figure]:my-auto', flush !== true && 'px-(--pad) pb-(--pad)')}>{children}</div>
    </section>
  );
}

export function StalenessChip({ staleness }: { staleness?: Staleness }) {
  const f = useFormat();
  if (!staleness || staleness.state === 'fresh') return null;
  const words = (text.staleness as Record<string, string>)[staleness.state] ?? staleness.state;
  return (
    <Chip tone="amber" title={staleness.why ?? undefined}>
      {staleness.as_of && staleness.state === 'stale' ? `${words} · ${f.date(staleness.as_of)}` : words}
    </Chip>
  );
}
