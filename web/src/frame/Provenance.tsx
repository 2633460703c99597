/** How the figures of a page came about: what was pinned, which steps ran, from which sources. */

import type { ReactNode } from 'react';
import type { Answer, TraceStep } from '@/api/types';
import { Chip } from '@/components/Chip';
import { Sheet } from '@/components/Sheet';
import { useFormat } from '@/lib/format/context';
import { text } from '@/text';

export function Provenance({ answer, open, onClose }: { answer: Answer<unknown>; open: boolean; onClose: () => void }) {
  const f = useFormat();
  const { context, meta } = answer;
  const steps = answer.trace?.steps ?? [];
  const sources = [...new Set(steps.flatMap((step) => step.provenance?.sources?.map((source) => [source.provider, source.dataset].filter(Boolean).join(' · ')) ?? []))].filter(Boolean);
  return (
    <Sheet open={open} onClose={onClose} wide title={text.provenance.title} description={text.provenance.sentence(answer.pattern, f.date(context.as_of))}>
      <div className="space-y-6">
        <Facts title={text.provenance.pinned}>
          <Fact label={text.provenance.pack} value={context.pricing_pack_id} />
          <Fact label={text.provenance.packHash} value={meta?.pricing_pack_hash} />
          <Fact label={text.provenance.knownAt} value={meta?.known_at ? f.dateTime(meta.known_at) : undefined} plain />
          <Fact label={text.provenance.ledger} value={context.ledger_commit} />
          <Fact label={text.provenance.ledgerSeq} value={meta?.ledger_seq === undefined ? undefined : f.integer(meta.ledger_seq)} plain />
          <Fact label={text.provenance.baseCurrency} value={context.base_currency} plain />
        </Facts>
        <Facts title={text.provenance.computation}>
          <Fact label={text.provenance.pattern} value={answer.pattern} />
          <Fact label={text.provenance.execution} value={answer.execution_id} />
          <Fact label={text.provenance.resultKey} value={meta?.result_key} />
          <Fact label={text.provenance.planHash} value={meta?.plan_hash} />
          <Fact label={text.provenance.cache} value={meta?.cache ? ((text.provenance.cacheWords as Record<string, string>)[meta.cache] ?? meta.cache) : undefined} plain />
          <Fact label={text.provenance.request} value={meta?.request_id} />
        </Facts>
        {steps.length > 0 && (
          <section>
            <h3 className="mb-2 text-sm font-semibold text-purple">{text.provenance.steps}</h3>
            <ol className="divide-y divide-soft rounded-md border border-soft">
              {steps.map((step) => <Step key={step.name} step={step} />)}
            </ol>
          </section>
        )}
        {sources.length > 0 && (
          <Facts title={text.provenance.sources}>
            {sources.map((source) => <Fact key={source} label="" value={source} plain />)}
          </Facts>
        )}
        {(meta?.absent?.count ?? 0) > 0 && (
          <section>
            <h3 className="mb-2 text-sm font-semibold text-purple">{text.provenance.absent}</h3>
            <ul className="space-y-1 text-sm">
              {meta?.absent?.items.slice(0, 20).map((item, index) => (
                <li key={index}>
                  <span className="mono text-xs text-muted">{item.pointer}</span> {item.why}
                </li>
              ))}
            </ul>
          </section>
        )}
        {(answer.warnings?.length ?? 0) > 0 && (
          <section>
            <h3 className="mb-2 text-sm font-semibold text-purple">{text.provenance.warnings}</h3>
            <ul className="list-disc space-y-1 pl-5 text-sm">
              {answer.warnings?.map((warning, index) => <li key={index}>{warning.message}</li>)}
            </ul>
          </section>
        )}
      </div>
    </Sheet>
  );
}

function Facts({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-2 text-sm font-semibold text-purple">{title}</h3>
      <dl className="grid grid-cols-[minmax(110px,auto)_1fr] gap-x-4 gap-y-1.5 text-sm">{children}</dl>
    </section>
  );
}

function Fact({ label, value, plain }: { label: string; value: string | undefined; plain?: boolean }) {
  if (!value) return null;
  return (
    <>
      <dt className="text-muted">{label}</dt>
      <dd className={plain ? '' : 'mono text-xs leading-5 break-all'}>{value}</dd>
    </>
  );
}

const tones: Record<string, 'neutral' | 'amber' | 'red'> = { failed: 'red', skipped: 'amber', cancelled: 'amber' };

function Step({ step }: { step: TraceStep }) {
  const f = useFormat();
  return (
    <li className="px-3 py-2 text-sm">
      <div className="flex flex-wrap items-baseline gap-x-2">
        <span className="mono text-xs text-purple">{step.capability}</span>
        <span className="text-xs text-muted">{step.agent}</span>
        <span className="ml-auto"><Chip tone={tones[step.state] ?? 'neutral'}>{step.state}</Chip></span>
      </div>
      <p className="figures mt-0.5 text-xs text-muted">
        {[
          step.name,
          step.cache && step.cache !== 'off' ? text.provenance.stepCache(step.cache) : '',
          step.compute_ms === undefined ? '' : text.provenance.computeMs(f.number(Math.round(step.compute_ms * 10) / 10)),
          step.rows_read === undefined ? '' : text.provenance.rows(step.rows_read),
        ].filter(Boolean).join(' · ')}
      </p>
      {step.reason && <p className="mt-0.5 text-xs text-amber">{step.reason}</p>}
    </li>
  );
}
