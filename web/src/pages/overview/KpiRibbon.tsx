/** The figures that a reader looks for first: value with its change of the day, returns, risk. */

import type { ReactNode } from 'react';
import type { Answer, OverviewData } from '@/api/types';
import { AbsentMark, Direction, Figure } from '@/components/Figure';
import { useFormat } from '@/lib/format/context';
import { isAbsent, isMoney, present, type Money } from '@/lib/format/wire';
import { fieldSuffix, type Period } from '@/lib/periods';
import { text } from '@/text';
import type { OverviewValues } from './panels';

export function KpiRibbon({ answer, values, period }: { answer: Answer<OverviewData>; values: OverviewValues; period: Period }) {
  const f = useFormat();
  const metrics = values.metrics ?? {};
  const suffix = fieldSuffix[period];
  const failed = isAbsent(answer.data.perf_metrics) ? answer.data.perf_metrics : undefined;
  const metric = (name: string) => failed ?? metrics[name];
  const annualized = present(metrics[`time_weighted_return_${suffix}_annualized`]);
  const moneyWeighted = period === '1y' ? metric('money_weighted_return_1y') : metric('money_weighted_return_itd');
  const from = present(metrics.first_date);
  const range = typeof from === 'string' ? text.overview.since(f.date(from)) : text.periods[period];
  return (
    <section aria-label={text.overview.keyFigures} className="card col-span-12 overflow-hidden">
      <dl className="-mb-px -ml-px grid grid-cols-2 lg:grid-cols-5 xl:grid-cols-[minmax(300px,1.6fr)_repeat(5,1fr)]">
        <Cell label={text.kpi.nav} wide>
          <NetAssetValue value={values.positions?.net_asset_value ?? answer.data.valued_positions} partial={values.positions?.partial_value} missing={values.positions?.missing?.length ?? 0} />
          <Sub>
            <DayChange value={metric('time_weighted_return_1d')} /> {text.overview.onDay(f.date(answer.context.as_of))}
          </Sub>
        </Cell>
        <Cell label={text.kpi.twr} note={text.kpi.twrNote}>
          <Big><Figure value={metric(`time_weighted_return_${suffix}`)} format="percentage" coloured /></Big>
          <Sub>{typeof annualized === 'number' ? text.overview.perYear(f.fraction(annualized, { sign: true })) : text.periodWords[period]}</Sub>
        </Cell>
        <Cell label={text.kpi.mwr} note={text.kpi.mwrNote}>
          <Big><Figure value={moneyWeighted} format="percentage" coloured /></Big>
          <Sub>{period === '1y' ? text.periodWords['1y'] : text.kpi.perYearInception}</Sub>
        </Cell>
        <Cell label={text.kpi.volatility} note={text.kpi.volatilityNote}>
          <Big><Figure value={metric('volatility')} format="percentage" /></Big>
          <Sub>{text.kpi.annualised}</Sub>
        </Cell>
        <Cell label={text.kpi.drawdown} note={text.kpi.drawdownNote}>
          <Big><Figure value={metric('maximum_drawdown')} format="percentage" coloured /></Big>
          <Sub>{text.kpi.now} <Figure value={metric('current_drawdown')} format="percentage" compact /></Sub>
        </Cell>
        <Cell label={text.kpi.sharpe} note={text.kpi.sharpeNote}>
          <Big><Figure value={metric('sharpe_ratio')} format="decimal_2" /></Big>
          <Sub>{range}</Sub>
        </Cell>
      </dl>
    </section>
  );
}

function Cell({ label, note, wide, children }: { label: string; note?: string; wide?: boolean; children: ReactNode }) {
  return (
    <div className={`min-w-0 border-b border-l border-soft px-(--pad) py-3.5 ${wide ? 'col-span-2 lg:col-span-5 xl:col-span-1' : ''} last:max-lg:col-span-2`}>
      <dt className="text-xs text-muted" title={note}>{label}</dt>
      <dd className="mt-1">{children}</dd>
    </div>
  );
}

function Big({ children }: { children: ReactNode }) {
  return <span className="mono block text-xl leading-tight font-medium tracking-tight">{children}</span>;
}

function Sub({ children }: { children: ReactNode }) {
  return <span className="mt-0.5 block truncate text-xs text-muted">{children}</span>;
}

/** Cents are there, but quieter: the eye reads the size first. */
function NetAssetValue({ value, partial, missing }: { value: unknown; partial: unknown; missing: number }) {
  const f = useFormat();
  if (isAbsent(value)) {
    return (
      <span className="flex flex-wrap items-baseline gap-2 text-2xl">
        {isMoney(partial) && <span className="mono">{f.money(partial, { currency: 'symbol' })}</span>}
        <AbsentMark reason={value.absent} />
        {missing > 0 && <span className="text-xs text-amber">{text.overview.incomplete(missing)}</span>}
      </span>
    );
  }
  if (!isMoney(value)) return <span className="text-2xl">—</span>;
  return <KeyMoney value={value} />;
}

export function KeyMoney({ value }: { value: Money }) {
  const f = useFormat();
  const full = f.money(value, { currency: 'symbol' });
  const cut = /^(.*\d)([.,]\d{2})(\D*)$/.exec(full);
  return (
    <span className="mono block text-2xl font-medium tracking-tight whitespace-nowrap" title={f.settings.privacy ? undefined : `${value.amount} ${value.currency}`} data-testid="net-asset-value">
      {cut ? (
        <>
          {cut[1]}
          <span className="text-xl text-muted">{cut[2]}</span>
          {cut[3]}
        </>
      ) : (
        full
      )}
    </span>
  );
}

function DayChange({ value }: { value: unknown }) {
  if (typeof value !== 'number') return <Figure value={value} format="percentage" compact />;
  return (
    <span className="inline-flex items-baseline gap-1">
      <Direction sign={Math.sign(value) as -1 | 0 | 1} />
      <Figure value={value} format="percentage" coloured className="font-medium" />
    </span>
  );
}
