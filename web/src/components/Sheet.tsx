/** A panel that slides in from the right over the page; Escape, the cross and the scrim close it. */

import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { cx } from '@/lib/cx';
import { text } from '@/text';

interface SheetProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
}

export function Sheet({ open, onClose, title, description, children, footer, wide }: SheetProps) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fade fixed inset-0 z-40 bg-(--scrim)" />
        <Dialog.Content
          aria-describedby={undefined}
          className={cx('sheet fixed inset-y-0 right-0 z-40 flex w-full flex-col border-l border-line bg-card', wide ? 'sm:max-w-[680px]' : 'sm:max-w-[480px]')}
        >
          <header className="flex items-start gap-3 border-b border-soft px-5 py-4">
            <div className="min-w-0 flex-1">
              <Dialog.Title className="text-lg font-semibold">{title}</Dialog.Title>
              {description !== undefined && <div className="mt-0.5 text-sm text-muted">{description}</div>}
            </div>
            <Dialog.Close aria-label={text.actions.close} className="grid size-8 place-items-center rounded-[6px] text-muted hover:bg-raised hover:text-text max-md:size-11">
              <X size={18} aria-hidden />
            </Dialog.Close>
          </header>
          <div className="flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {footer !== undefined && <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-soft bg-card px-5 py-3">{footer}</footer>}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
