/** Overview: what the book is worth, how it did, in which currencies, and what it consists of. */

import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { buttonClass } from '@/components/Button';
import { Segmented } from '@/components/Field';
import { Empty, Failure, Loading, Skeleton } from '@/components/States';
import { PageHeader } from '@/frame/PageHeader';
import { useMay, useScope } from '@/frame/scope';
import { isAbsent } from '@/lib/format/wire';
import { periods, type Period } from '@/lib/periods';
import { PanelView } from '@/panels/PanelView';
import { text } from '@/text';
import { overviewQuery } from './data';
import { HoldingsPanel } from './HoldingsPanel';
import { KpiRibbon } from './KpiRibbon';
import { placed, restOf, valuesOf } from './panels';
import { ReturnStrip } from './ReturnStrip';
import { ValuePanel } from './ValuePanel';

/** Three beside each other on wide screens, two and one on middle ones. */
const allocations = [
  { id: 'currency_attribution', className: 'col-span-12 md:col-span-6 xl:col-span-4' },
  { id: 'sector_allocation', className: 'col-span-12 md:col-span-6 xl:col-span-4' },
  { id: 'allocation', className: 'col-span-12 xl:col-span-4' },
];

export function OverviewPage() {
  const { scope, portfolio } = useScope();
  const { period = '1y', view } = useSearch({ from: '/frame/overview' });
  const navigate = useNavigate({ from: '/overview' });
  const query = useQuery(overviewQuery(scope, period));
  const answer = query.data;
  const mayWrite = useMay('portfolio_write');

  const actions = (
    <Segmented
      label={text.overview.period}
      value={period}
      options={periods.map((value) => ({ value, label: text.periods[value] }))}
      onChange={(value: Period) => void navigate({ search: (previous) => ({ ...previous, period: value === '1y' ? undefined : value }), replace: true })}
    />
  );

  if (!answer) {
    return (
      <>
        <PageHeader title={text.nav.overview} actions={actions} />
        {query.error ? <div className="card"><Failure error={query.error} retry={() => void query.refetch()} /></div> : <Loading><OverviewSkeleton /></Loading>}
      </>
    );
  }

  const values = valuesOf(answer);
  const nothing = values.positions !== undefined && values.positions.positions.length === 0 && values.positions.cash.length === 0;
  return (
    <>
      <PageHeader title={text.nav.overview} answer={answer} actions={actions} />
      {query.error !== null && <div className="card mb-(--gap)"><Failure error={query.error} retry={() => void query.refetch()} /></div>}
      {nothing ? (
        <div className="card">
          <Empty
            action={
              scope.as_of !== undefined ? (
                <Link to="/overview" search={(previous) => ({ ...previous, as_of: undefined })} className={buttonClass()}>{text.overview.toLatest}</Link>
              ) : mayWrite && portfolio.access === 'owner' ? (
                <div className="flex flex-wrap justify-center gap-2">
                  <Link to="/imports" className={buttonClass('primary')}>{text.overview.importFile}</Link>
                  <Link to="/transactions" search={{ add: 'buy' }} className={buttonClass()}>{text.overview.addOne}</Link>
                </div>
              ) : undefined
            }
          >
            {scope.as_of !== undefined ? text.overview.nothingYet : text.overview.nothing}
          </Empty>
        </div>
      ) : (
        <div className={`grid grid-cols-12 gap-(--gap) ${query.isPlaceholderData ? 'opacity-60 transition-opacity' : ''}`}>
          <KpiRibbon answer={answer} values={values} period={period} />
          <ReturnStrip metrics={values.metrics} className="col-span-12" />
          <ValuePanel answer={answer} view={view ?? 'value'} className="col-span-12" onView={(next) => void navigate({ search: (previous) => ({ ...previous, view: next === 'index' ? 'index' : undefined }), replace: true })} />
          {allocations.map(({ id, className }) => {
            const panel = placed(answer, id);
            return panel && <PanelView key={id} panel={panel} staleness={answer.staleness?.[id]} className={className} />;
          })}
          <HoldingsPanel values={values} answer={answer} className="col-span-12" />
          {restOf(answer).map((panel) => <PanelView key={panel.id} panel={panel} staleness={answer.staleness?.[panel.id]} className="col-span-12 lg:col-span-6" />)}
          {isAbsent(answer.data.valued_positions) && <p className="col-span-12 text-sm text-muted">{answer.data.valued_positions.absent.why}</p>}
        </div>
      )}
    </>
  );
}

function OverviewSkeleton() {
  return (
    <div className="grid grid-cols-12 gap-(--gap)">
      <div className="card col-span-12 grid grid-cols-2 gap-6 p-(--pad) md:grid-cols-6">{[1, 2, 3, 4, 5, 6].map((n) => <div key={n}><Skeleton className="h-3 w-20" /><Skeleton className="mt-2 h-7 w-28" /></div>)}</div>
      <div className="card col-span-12 p-(--pad)"><Skeleton className="h-72 w-full" /></div>
      {[1, 2, 3].map((n) => <div key={n} className="card col-span-12 p-(--pad) md:col-span-6 xl:col-span-4"><Skeleton className="h-44 w-full" /></div>)}
      <div className="card col-span-12 p-(--pad)"><Skeleton className="h-80 w-full" /></div>
    </div>
  );
}
