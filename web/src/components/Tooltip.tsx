import { Tooltip as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { useFloatContainer } from './Modal';

export const TooltipProvider = Radix.Provider;

/** Shown on hover and on focus; the trigger must be focusable. */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactNode }) {
  const container = useFloatContainer();
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal container={container}>
        <Radix.Content sideOffset={6} collisionPadding={8} className="fade z-50 max-w-72 rounded-[6px] border border-line bg-raised px-2.5 py-1.5 text-xs text-text">
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
