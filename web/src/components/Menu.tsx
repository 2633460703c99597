/** Menus of actions, drawn alike everywhere. */

import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { cx } from '@/lib/cx';

const surface = 'fade z-50 min-w-44 rounded-md border border-line bg-raised p-1 text-sm text-text shadow-none';
const item = 'flex min-h-8 cursor-pointer items-center gap-2.5 rounded-[5px] px-2.5 outline-none data-[highlighted]:bg-teal-wash data-[disabled]:opacity-50 max-md:min-h-11';

export function Menu({ trigger, children, align = 'end' }: { trigger: ReactNode; children: ReactNode; align?: 'start' | 'end' }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align={align} sideOffset={6} collisionPadding={8} className={surface}>
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

export function MenuItem({ onSelect, icon, children, danger, disabled }: { onSelect: () => void; icon?: ReactNode; children: ReactNode; danger?: boolean; disabled?: boolean }) {
  return (
    <DropdownMenu.Item onSelect={onSelect} disabled={disabled} className={cx(item, danger && 'text-red')}>
      {icon}
      {children}
    </DropdownMenu.Item>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className="px-2.5 py-1.5 text-xs text-muted">{children}</DropdownMenu.Label>;
}

export function MenuSeparator() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />;
}

export function MenuRadio<T extends string>({ value, onChange, options }: { value: T; onChange: (value: T) => void; options: { value: T; label: ReactNode }[] }) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
      {options.map((option) => (
        <DropdownMenu.RadioItem key={option.value} value={option.value} className={item}>
          <span className="grid size-4 place-items-center">
            <DropdownMenu.ItemIndicator className="size-2 rounded-full bg-teal" />
          </span>
          {option.label}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}
