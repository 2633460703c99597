/** The pattern that fills the overview. */

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { post } from '@/api/client';
import { booksKey, type Scope } from '@/api/queries';
import type { Answer, OverviewData } from '@/api/types';
import { lookbackDays, type Period } from '@/lib/periods';

export const overviewQuery = (scope: Scope, period: Period) =>
  queryOptions({
    queryKey: [...booksKey, 'overview', scope, period],
    queryFn: ({ signal }) =>
      post<Answer<OverviewData>>(
        '/api/patterns/execute',
        {
          pattern: 'portfolio_overview',
          inputs: { portfolio_id: scope.portfolio, lookback_days: lookbackDays[period] },
          as_of: scope.as_of,
          include: ['panels', 'charts', 'trace'],
        },
        { signal },
      ),
    placeholderData: keepPreviousData,
  });
