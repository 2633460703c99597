/** Buttons in three weights. Only one primary per view. */

import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { cx } from '@/lib/cx';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

const looks: Record<Look, string> = {
  primary: 'bg-teal-fill text-on-teal font-semibold border border-transparent hover:brightness-110',
  plain: 'bg-transparent text-text border border-strong hover:bg-raised',
  quiet: 'bg-transparent text-text border border-transparent hover:bg-raised',
  danger: 'bg-transparent text-red border border-red hover:bg-red-wash',
};

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  small?: boolean;
  busy?: boolean;
  icon?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

export function buttonClass(look: Look = 'plain', small = false): string {
  return cx(
    'inline-flex items-center justify-center gap-2 rounded-[6px] whitespace-nowrap no-underline transition-[background-color,filter] duration-100 disabled:opacity-50',
    small ? 'min-h-7 px-2.5 text-xs max-md:min-h-9' : 'min-h-9 px-3.5 text-sm max-md:min-h-11',
    looks[look],
  );
}

export function Button({ look = 'plain', small, busy, icon, children, className, disabled, type = 'button', ...rest }: ButtonProps) {
  return (
    <button type={type} className={cx(buttonClass(look, small), className)} disabled={disabled === true || busy} aria-busy={busy} {...rest}>
      {icon}
      {children}
    </button>
  );
}

export function IconButton({ label, className, children, ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { label: string; ref?: Ref<HTMLButtonElement> }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={cx('inline-grid size-8 place-items-center rounded-[6px] text-muted hover:bg-raised hover:text-text max-md:size-11', className)}
      {...rest}
    >
      {children}
    </button>
  );
}
