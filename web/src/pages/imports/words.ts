import type { Tone } from '@/components/Chip';
import { text } from '@/text';

export const importTones: Record<string, Tone> = { committed: 'gain', reverted: 'neutral', expired: 'neutral' };

export function importWords(status: string): string {
  return (text.imports.statuses as Record<string, string>)[status] ?? status.replaceAll('_', ' ');
}
