/** One typed value on screen: text, sign, full precision on hover, or the reason why it is absent. */

import { cx } from '@/lib/cx';
import { useFormat } from '@/lib/format/context';
import { dash } from '@/lib/format/formatter';
import { typedText, type TypedOptions } from '@/lib/format/typed';
import type { AbsentReason } from '@/lib/format/wire';
import { isAbsent } from '@/lib/format/wire';
import { text } from '@/text';
import { Tooltip } from './Tooltip';

/** `missing_price` as words; codes that we do not know are readable as they are. */
export function reasonWords(code: string): string {
  return (text.reasons as Record<string, string>)[code] ?? code.replaceAll('_', ' ');
}

export function AbsentMark({ reason, compact }: { reason: AbsentReason; compact?: boolean }) {
  return (
    <Tooltip text={reason.why || reasonWords(reason.code)}>
      <button type="button" className="inline-flex cursor-help items-center gap-1.5 align-baseline text-muted">
        <span className="absent-mark" aria-hidden>{dash}</span>
        <span className={compact ? 'sr-only' : 'rounded-full border border-amber/40 bg-amber-wash px-1.5 text-xs text-amber'}>{reasonWords(reason.code)}</span>
      </button>
    </Tooltip>
  );
}

export interface FigureProps extends TypedOptions {
  value: unknown;
  format?: string;
  /** Colour by sign. */
  coloured?: boolean;
  /** Only the dash of an absent value is shown, the reason on hover and to screen readers. */
  compact?: boolean;
  /** Nothing instead of a dash where the kind of row has no such value. */
  blank?: boolean;
  className?: string;
}

export function Figure({ value, format, coloured, compact, blank, className, ...options }: FigureProps) {
  const f = useFormat();
  if (blank === true && (value === undefined || value === null || (isAbsent(value) && value.absent.code === 'not_applicable'))) return null;
  if (isAbsent(value)) return <AbsentMark reason={value.absent} compact={compact} />;
  const typed = typedText(value, format, f, { ...options, signed: options.signed ?? coloured });
  return (
    <span className={cx('figures', coloured && typed.sign > 0 && 'text-gain', coloured && typed.sign < 0 && 'text-loss', className)} title={typed.exact && typed.exact !== typed.text ? typed.exact : undefined}>
      {typed.text}
    </span>
  );
}

/** ▲ or ▼ beside a change, so that direction does not depend on colour. */
export function Direction({ sign }: { sign: -1 | 0 | 1 }) {
  if (sign === 0) return null;
  return (
    <svg viewBox="0 0 8 8" className={cx('inline size-2', sign > 0 ? 'text-gain' : 'text-loss')} role="img" aria-label={sign > 0 ? text.signs.up : text.signs.down}>
      <path d={sign > 0 ? 'M4 1 7.5 7h-7z' : 'M4 7 .5 1h7z'} fill="currentColor" />
    </svg>
  );
}
