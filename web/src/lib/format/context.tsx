/** The formatter of the signed-in user: locale and zone from settings, privacy from the display. */

import { createContext, use, useMemo, type ReactNode } from 'react';
import { useAppearance } from '@/lib/appearance';
import { formatter, type Formatter } from './formatter';

const Context = createContext<Formatter>(formatter({ locale: 'en-GB', timeZone: 'UTC', privacy: false }));

export function FormatProvider({ locale, timeZone, children }: { locale: string; timeZone: string; children: ReactNode }) {
  const { privacy } = useAppearance();
  const value = useMemo(() => formatter({ locale, timeZone, privacy }), [locale, timeZone, privacy]);
  return <Context value={value}>{children}</Context>;
}

export function useFormat(): Formatter {
  return use(Context);
}
