/** Words and marks of transactions that several pages show. */

import { Chip } from '@/components/Chip';
import { text } from '@/text';

export function kindWords(kind: string): string {
  return (text.kinds as Record<string, string>)[kind] ?? kind.replaceAll('_', ' ');
}

export function StatusChip({ status }: { status: string }) {
  if (status === 'active' || status === 'recorded') return null;
  return <Chip tone="amber">{(text.transactions.statuses as Record<string, string>)[status] ?? status}</Chip>;
}
