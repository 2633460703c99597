/** The value of the book over time, or its time-weighted index; deposits and withdrawals as marks. */

import { Table2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Answer, Chart, HistoricalNav, OverviewData } from '@/api/types';
import { ChartView } from '@/charts/ChartView';
import { IconButton } from '@/components/Button';
import { Segmented } from '@/components/Field';
import { Panel } from '@/components/Panel';
import { NotApplicable } from '@/components/States';
import { useFormat } from '@/lib/format/context';
import type { Formatter } from '@/lib/format/formatter';
import { isAbsent, isMoney, present } from '@/lib/format/wire';
import { text } from '@/text';
import { placed } from './panels';

interface ValuePanelProps {
  answer: Answer<OverviewData>;
  view: 'value' | 'index';
  onView: (view: 'value' | 'index') => void;
  className?: string;
}

/** Flows as the marks of the neutral schema. */
function flowMarks(history: HistoricalNav, currency: string, f: Formatter): Chart['marks'] {
  return history.flows?.map((flow) => {
    const money = isMoney(flow.amount) ? flow.amount : { amount: String(flow.amount), currency };
    const out = money.amount.startsWith('-');
    return {
      at: flow.date,
      role: out ? 'negative' : 'positive',
      label: `${out ? text.overview.withdrawal : text.overview.deposit} ${f.money(money, { sign: true, currency: 'code' })}`,
    };
  });
}

/** The panel's own chart where the answer has one; flows are added when it carries no marks. */
export function chartOf(answer: Answer<OverviewData>, view: 'value' | 'index', f: Formatter): Chart | undefined {
  const history = present(answer.data.historical_nav);
  const marks = history && flowMarks(history, answer.context.base_currency, f);
  if (view === 'index') {
    const index = present(history?.time_weighted_index);
    if (!index) return undefined;
    return { kind: 'line', title: text.overview.index, y: { unit: { kind: 'ratio' } }, series: [{ name: text.overview.index, role: 'primary', points: index.points }], marks };
  }
  const panel = placed(answer, 'historical_nav')?.chart;
  if (panel && !isAbsent(panel)) return { ...panel, marks: panel.marks?.length ? panel.marks : marks };
  const series = present(history?.series);
  if (!series) return undefined;
  return {
    kind: 'line',
    title: text.overview.value,
    y: { unit: series.unit ?? { kind: 'money', currency: answer.context.base_currency } },
    series: [{ name: text.kpi.nav, role: 'primary', points: series.points }],
    marks,
  };
}

export function ValuePanel({ answer, view, onView, className }: ValuePanelProps) {
  const [table, setTable] = useState(false);
  const f = useFormat();
  const chart = useMemo(() => chartOf(answer, view, f), [answer, view, f]);
  const reason = isAbsent(answer.data.historical_nav) ? answer.data.historical_nav.absent.why : text.charts.empty;
  return (
    <Panel
      title={view === 'index' ? text.overview.index : text.overview.value}
      unit={view === 'index' ? undefined : answer.context.base_currency}
      summary={view === 'value' && !f.settings.privacy ? chart?.text : undefined}
      staleness={answer.staleness?.historical_nav}
      className={className}
      actions={
        <>
          <Segmented
            label={text.overview.view}
            value={view}
            options={[
              { value: 'value', label: text.overview.viewValue },
              { value: 'index', label: text.overview.viewIndex },
            ]}
            onChange={onView}
          />
          <IconButton label={table ? text.charts.showChart : text.charts.showTable} aria-pressed={table} onClick={() => setTable(!table)}>
            <Table2 size={15} aria-hidden />
          </IconButton>
        </>
      }
    >
      {chart ? <ChartView chart={chart} height={300} table={table} /> : <NotApplicable>{reason}</NotApplicable>}
    </Panel>
  );
}
