import type { SelectHTMLAttributes } from 'react';
import { useFormat } from '@/lib/format/context';

/** The usual ones first; the rest of ISO 4217 as the browser knows it. */
const usual = ['EUR', 'USD', 'GBP', 'CHF', 'CAD', 'JPY', 'AUD', 'HKD', 'SEK', 'NOK', 'DKK'];

function all(): string[] {
  const known = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('currency') : [];
  return known.filter((code) => !usual.includes(code));
}

export function CurrencySelect(props: SelectHTMLAttributes<HTMLSelectElement>) {
  const { settings } = useFormat();
  const names = new Intl.DisplayNames([settings.locale], { type: 'currency' });
  const option = (code: string) => <option key={code} value={code}>{`${code} – ${names.of(code) ?? code}`}</option>;
  return (
    <select {...props} className="field">
      {usual.map(option)}
      <optgroup label="—">{all().map(option)}</optgroup>
    </select>
  );
}
