/** A labelled control: label, hint and error are linked to it, and a value is never lost on an error. */

import { useId, type ReactNode } from 'react';
import { cx } from '@/lib/cx';
import { text } from '@/text';

export interface ControlProps {
  id: string;
  'aria-describedby'?: string;
  'aria-invalid'?: boolean;
  required?: boolean;
}

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: string;
  optional?: boolean;
  className?: string;
  id?: string;
  children: (control: ControlProps) => ReactNode;
}

export function Field({ label, hint, error, optional, className, id: given, children }: FieldProps) {
  const made = useId();
  const id = given ?? made;
  const described = [error && `${id}-error`, hint !== undefined && `${id}-hint`].filter(Boolean).join(' ');
  return (
    <div className={cx('min-w-0', className)}>
      <label htmlFor={id} className="mb-1 flex items-baseline justify-between gap-2 text-xs font-medium text-muted">
        <span>{label}</span>
        {optional === true && <span className="font-normal">{text.forms.optional}</span>}
      </label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': error !== undefined || undefined })}
      {error !== undefined && (
        <p id={`${id}-error`} className="mt-1 text-xs text-red">
          {error}
        </p>
      )}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="mt-1 text-xs text-muted">
          {hint}
        </p>
      )}
    </div>
  );
}

export interface ListedError {
  field?: string;
  message: string;
}

/** All errors of a form on top, each leading to its field. */
export function ErrorSummary({ errors, title }: { errors: ListedError[]; title: string }) {
  if (errors.length === 0) return null;
  return (
    <div role="alert" className="mb-4 rounded-md border border-red/50 bg-red-wash px-3 py-2 text-sm">
      <p className="font-medium text-red">{title}</p>
      <ul className="mt-1 list-disc pl-5">
        {errors.map((error, index) => (
          <li key={index}>
            {error.field ? (
              <a
                href={`#${error.field}`}
                className="text-text underline"
                onClick={(event) => {
                  event.preventDefault();
                  document.getElementById(error.field ?? '')?.focus();
                }}
              >
                {error.message}
              </a>
            ) : (
              error.message
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

export function Segmented<T extends string>({ label, value, options, onChange }: { label: string; value: T; options: { value: T; label: string }[]; onChange: (value: T) => void }) {
  return (
    <div role="group" aria-label={label} className="inline-flex rounded-[6px] border border-line p-0.5">
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          className={cx('min-h-6 rounded-[4px] px-2.5 text-xs font-medium max-md:min-h-9', option.value === value ? 'bg-teal-wash text-teal' : 'text-muted hover:text-text')}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
