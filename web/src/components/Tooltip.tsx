import { Tooltip as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

export const TooltipProvider = Radix.Provider;

/** Shown on hover and on focus; the trigger must be focusable. */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content sideOffset={6} collisionPadding={8} className="fade z-50 max-w-72 rounded-[6px] border border-line bg-raised px-2.5 py-1.5 text-xs text-text">
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
