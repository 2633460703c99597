/** Symbol and name of a security, on one line where there is room. */

import { cx } from '@/lib/cx';
import { shortSymbol } from '@/lib/symbol';

export function SecurityName({ symbol, name, muted }: { symbol?: string; name?: string; muted?: boolean }) {
  return (
    <span className="flex min-w-0 items-baseline gap-2 max-md:flex-col max-md:gap-0">
      <span title={symbol} className={cx('mono shrink-0 text-[0.8125rem] font-medium', muted && 'text-muted')}>{symbol === undefined ? '' : shortSymbol(symbol)}</span>
      <span className="min-w-0 max-w-36 truncate text-muted xl:max-w-44 2xl:max-w-64 max-md:max-w-28 max-md:text-xs" title={name}>{name}</span>
    </span>
  );
}
