/** One-line notices on top of every page, the most severe first. */

import { useQuery } from '@tanstack/react-query';
import { AlertTriangle, Clock, FlaskConical, History, WifiOff } from 'lucide-react';
import { useSyncExternalStore, type ReactNode } from 'react';
import { packHealthQuery, setupQuery } from '@/api/queries';
import type { Meta, Portfolio } from '@/api/types';
import { cx } from '@/lib/cx';
import { useFormat } from '@/lib/format/context';
import { present } from '@/lib/format/wire';
import { text } from '@/text';

function Banner({ tone, icon, children }: { tone: 'red' | 'amber' | 'blue'; icon: ReactNode; children: ReactNode }) {
  const tones = { red: 'bg-red-wash text-red', amber: 'bg-amber-wash text-amber', blue: 'bg-raised text-text' };
  return (
    <div className={cx('flex items-center justify-center gap-2 border-b border-soft px-4 py-1.5 text-xs md:px-6', tones[tone])}>
      <span className="shrink-0" aria-hidden>{icon}</span>
      <p>{children}</p>
    </div>
  );
}

function useOnline(): boolean {
  return useSyncExternalStore(
    (listener) => {
      addEventListener('online', listener);
      addEventListener('offline', listener);
      return () => {
        removeEventListener('online', listener);
        removeEventListener('offline', listener);
      };
    },
    () => navigator.onLine,
  );
}

export function Banners({ portfolio }: { portfolio: Portfolio | undefined }) {
  const { data: setup } = useQuery(setupQuery);
  const { data: health } = useQuery(packHealthQuery);
  const online = useOnline();
  const f = useFormat();
  const isDemo = portfolio?.demo ?? (portfolio !== undefined && setup?.demo === true);
  return (
    <div className="no-print" role="region" aria-label={text.frame.notices}>
      {!online && <Banner tone="red" icon={<WifiOff size={14} />}>{text.banners.offline}</Banner>}
      {health?.status === 'failed' && <Banner tone="red" icon={<AlertTriangle size={14} />}>{text.banners.packFailed(health.date ? f.date(health.date) : '', typeof health.reason === 'string' ? health.reason : '')}</Banner>}
      {health?.status === 'warming' && (
        <Banner tone="amber" icon={<Clock size={14} />}>
          {text.banners.warming(health.date ? f.date(health.date) : '', health.estimated_ready_at ? f.dateTime(health.estimated_ready_at) : '')}
        </Banner>
      )}
      {isDemo && <Banner tone="blue" icon={<FlaskConical size={14} />}><strong className="font-semibold">{text.banners.demo}</strong> {text.banners.demoMore}</Banner>}
    </div>
  );
}

/** The figures on the page rest on prices that were corrected since. */
export function RestatedBanner({ meta, asOf }: { meta: Meta | undefined; asOf: string }) {
  const f = useFormat();
  const restated = meta?.restated;
  if (!restated) return null;
  const change = present(restated.net_asset_value_change);
  return (
    <div className="mb-3 flex items-center gap-2 rounded-md border border-amber/40 bg-amber-wash px-3 py-2 text-sm text-amber" role="status">
      <History size={16} aria-hidden className="shrink-0" />
      <p>
        {text.banners.restated(f.date(asOf), change === undefined ? undefined : f.fraction(change, { sign: true }))}{' '}
        <span className="mono text-xs">{restated.superseded_by.slice(0, 24)}</span>
      </p>
    </div>
  );
}
