/** Display choices act at once in this browser and are kept on the server for the other devices. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { send } from '@/api/client';
import { settingsQuery } from '@/api/queries';
import type { Envelope, Settings } from '@/api/types';
import { knownAppearance, setAppearance, type Appearance } from './appearance';
import { queryClient } from '@/queryClient';

/** Settings are replaced as a whole: what is not about the display is read first and sent back unchanged. */
async function keep(change: Partial<Appearance>): Promise<void> {
  const { body, etag } = await send<Envelope<Settings>>('GET', '/api/settings');
  const { body: kept } = await send<Envelope<Settings>>('PUT', '/api/settings', { body: { ...body.data, ...change }, ifMatch: etag });
  queryClient.setQueryData(settingsQuery.queryKey, kept.data);
}

export function useDisplay(): { change: (next: Partial<Appearance>) => void; error: unknown } {
  const saving = useMutation({ mutationFn: keep, scope: { id: 'display' } });
  return {
    change: (next) => {
      setAppearance(next);
      saving.mutate(next);
    },
    error: saving.error,
  };
}

/** Takes over what another device chose, once per sign-in. */
export function useKeptDisplay(): void {
  const { data } = useQuery(settingsQuery);
  useEffect(() => {
    if (data) setAppearance(knownAppearance(data));
  }, [data]);
}
