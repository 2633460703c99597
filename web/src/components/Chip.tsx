/** A small state word. The word says it, the colour only helps. */

import type { ReactNode } from 'react';
import { cx } from '@/lib/cx';

export type Tone = 'neutral' | 'teal' | 'blue' | 'amber' | 'red' | 'purple' | 'gain';

const tones: Record<Tone, string> = {
  neutral: 'text-muted border-line',
  teal: 'text-teal border-teal/40 bg-teal-wash',
  blue: 'text-blue border-blue/40',
  amber: 'text-amber border-amber/40 bg-amber-wash',
  red: 'text-red border-red/40 bg-red-wash',
  purple: 'text-purple border-purple/40 bg-purple-wash',
  gain: 'text-gain border-gain/40',
};

export function Chip({ tone = 'neutral', icon, children, title }: { tone?: Tone; icon?: ReactNode; children: ReactNode; title?: string }) {
  return (
    <span title={title} className={cx('inline-flex items-center gap-1 rounded-full border px-2 py-px text-xs leading-[1.4] font-medium whitespace-nowrap', tones[tone])}>
      {icon}
      {children}
    </span>
  );
}
