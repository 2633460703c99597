/**
 * The browser's own modal dialog: the page behind it is inert, Escape closes it, focus returns to where it was.
 * It needs no style of its own at run time, so the content security policy stays without exceptions.
 */

import { createContext, use, useEffect, useRef, useState, type MouseEvent, type ReactNode } from 'react';

const Container = createContext<HTMLElement | null>(null);

/** Where floating parts belong while a dialog is open: inside it, else they would lie below. */
export function useFloatContainer(): HTMLElement | null {
  return use(Container);
}

interface ModalProps {
  label: string;
  onClose: () => void;
  className: string;
  children: ReactNode;
}

export function Modal({ label, onClose, className, children }: ModalProps) {
  const element = useRef<HTMLDialogElement>(null);
  const [container, setContainer] = useState<HTMLElement | null>(null);
  useEffect(() => {
    const dialog = element.current;
    if (!dialog) return;
    const before = document.activeElement;
    if (!dialog.open) dialog.showModal();
    dialog.querySelector<HTMLElement>('[data-first]')?.focus();
    setContainer(dialog);
    return () => {
      dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);

  function onScrim(event: MouseEvent) {
    if (event.target === element.current) onClose();
  }

  return (
    // A click on the scrim is a click on the dialog itself; the keyboard has Escape.
    <dialog
      ref={element}
      aria-label={label}
      className={className}
      onMouseDown={onScrim}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <Container value={container}>{children}</Container>
    </dialog>
  );
}
