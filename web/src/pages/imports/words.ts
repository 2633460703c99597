import type { Tone } from '@/components/Chip';
import { text } from '@/text';

export const importTones: Record<string, Tone> = { committed: 'gain', reverted: 'neutral', rejected: 'red', failed: 'red' };

export function importWords(status: string): string {
  return (text.imports.statuses as Record<string, string>)[status] ?? status.replaceAll('_', ' ');
}
