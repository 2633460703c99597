/** A panel that slides in from the right over the page; Escape, the cross and the scrim close it. */

import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '@/lib/cx';
import { text } from '@/text';
import { IconButton } from './Button';
import { Modal } from './Modal';

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
  if (!open) return null;
  return (
    <Modal
      label={title}
      onClose={onClose}
      className={cx('sheet fixed inset-y-0 right-0 left-auto m-0 h-dvh max-h-none w-full max-w-none border-l border-line bg-card text-text', wide === true ? 'sm:max-w-[680px]' : 'sm:max-w-[480px]')}
    >
      <div className="flex h-full flex-col">
        <header className="flex items-start gap-3 border-b border-soft px-5 py-4">
          <div className="min-w-0 flex-1">
            <h2 className="text-lg leading-snug font-semibold">{title}</h2>
            {description !== undefined && <div className="mt-0.5 text-sm text-muted">{description}</div>}
          </div>
          <IconButton label={text.actions.close} onClick={onClose}><X size={18} aria-hidden /></IconButton>
        </header>
        <div className="flex-1 overflow-y-auto px-5 py-4">{children}</div>
        {footer !== undefined && <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-soft bg-card px-5 py-3">{footer}</footer>}
      </div>
    </Modal>
  );
}
