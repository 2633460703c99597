/** Which panels of the answer the page places itself, and the values it draws from `data`. */

import type { Answer, CurrencyAttribution, HistoricalNav, OverviewData, Panel, PerfMetrics, ValuedPositions } from '@/api/types';
import { present } from '@/lib/format/wire';

/** Drawn by the page's own parts or placed at a fixed spot. */
const own = new Set(['performance_strip', 'historical_nav', 'holdings', 'currency_attribution', 'sector_allocation', 'allocation']);

export function placed(answer: Answer<OverviewData>, id: string): Panel | undefined {
  return answer.panels?.find((panel) => panel.id === id);
}

/** Panels that this page does not know are drawn after its own: a pattern may grow before the page does. */
export function restOf(answer: Answer<OverviewData>): Panel[] {
  return (answer.panels ?? []).filter((panel) => !own.has(panel.id));
}

export interface OverviewValues {
  positions: ValuedPositions | undefined;
  metrics: PerfMetrics | undefined;
  attribution: CurrencyAttribution | undefined;
  history: HistoricalNav | undefined;
}

export function valuesOf(answer: Answer<OverviewData>): OverviewValues {
  return {
    positions: present(answer.data.valued_positions),
    metrics: present(answer.data.perf_metrics),
    attribution: present(answer.data.currency_attr),
    history: present(answer.data.historical_nav),
  };
}
