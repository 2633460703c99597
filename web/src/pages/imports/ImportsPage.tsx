/** Imports: bring a file, and what was brought before. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { FileUp } from 'lucide-react';
import { useRef, useState, type DragEvent } from 'react';
import { send } from '@/api/client';
import { accountsQuery, importsQuery } from '@/api/queries';
import type { Envelope, ImportRecord } from '@/api/types';
import { Button } from '@/components/Button';
import { Chip } from '@/components/Chip';
import { DataTable, type Column } from '@/components/DataTable';
import { Panel } from '@/components/Panel';
import { Empty, Failure, Loaded, SkeletonRows } from '@/components/States';
import { PageHeader } from '@/frame/PageHeader';
import { useMay, useScope } from '@/frame/scope';
import { cx } from '@/lib/cx';
import { useFormat } from '@/lib/format/context';
import { queryClient } from '@/queryClient';
import { text } from '@/text';
import { importTones, importWords } from './words';

const example = `kind,trade_date,currency,symbol,mic,quantity,price,gross_amount,fees,taxes,counter_currency,counter_amount,ex_date,note
deposit,2024-01-02,EUR,,,,,10000.00,,,,,,opening deposit
fx,2024-01-02,EUR,,,,,5000.00,,,USD,5480.00,,
buy,2024-01-03,USD,AAPL,XNAS,10,184.25,,1.00,,,,,
dividend,2024-02-15,USD,AAPL,XNAS,10,,2.40,,0.36,,,2024-02-09,
`;

export function ImportsPage() {
  const { scope, portfolio } = useScope();
  const mayWrite = useMay('portfolio_write') && portfolio.access === 'owner';
  const query = useQuery({ ...importsQuery(scope.portfolio), enabled: mayWrite });
  const navigate = useNavigate();
  const rows = query.data ?? [];
  return (
    <>
      <PageHeader title={text.nav.imports} lead={text.imports.lead} />
      {mayWrite ? <Upload portfolio={scope.portfolio} /> : <div className="card"><Empty>{text.imports.readOnly}</Empty></div>}
      {mayWrite && (
        <Panel title={text.imports.before} flush className="mt-(--gap)">
          <Loaded query={query} skeleton={<SkeletonRows rows={4} />}>
            {() => (
              <DataTable
                caption={text.imports.before}
                columns={columns}
                rows={rows}
                rowKey={(row) => row.id}
                onOpen={(row) => void navigate({ to: '/imports/$importId', params: { importId: row.id } })}
                empty={<Empty>{text.imports.none}</Empty>}
              />
            )}
          </Loaded>
        </Panel>
      )}
    </>
  );
}

function Upload({ portfolio }: { portfolio: string }) {
  const { data: accounts = [] } = useQuery(accountsQuery(portfolio));
  const open = accounts.filter((account) => !account.closed_on);
  const [account, setAccount] = useState('');
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  const upload = useMutation({
    mutationFn: async (file: File) => {
      const form = new FormData();
      form.set('portfolio_id', portfolio);
      if (account) form.set('account_id', account);
      form.set('format', 'auto');
      form.set('file', file);
      return (await send<Envelope<ImportRecord>>('POST', '/api/imports', { form })).body.data;
    },
    onSuccess: async (record) => {
      await queryClient.invalidateQueries({ queryKey: ['imports'] });
      void navigate({ to: '/imports/$importId', params: { importId: record.id } });
    },
  });

  function onDrop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file) upload.mutate(file);
  }

  return (
    <section className="card p-(--pad)">
      <div className="flex flex-wrap gap-x-8 gap-y-5">
        <div
          role="group"
          aria-label={text.imports.upload}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={onDrop}
          className={cx('flex min-h-44 min-w-64 flex-1 flex-col items-center justify-center gap-3 rounded-md border border-dashed px-6 py-8 text-center', over ? 'border-teal bg-teal-wash' : 'border-strong')}
        >
          <FileUp size={24} className="text-muted" aria-hidden />
          <p className="text-sm text-muted">{text.imports.drop}</p>
          <input
            ref={input}
            type="file"
            accept=".csv,.json,.xml,.ofx,.qfx,.beancount,.txt"
            className="sr-only"
            aria-label={text.imports.choose}
            tabIndex={-1}
            onChange={(event) => {
              const file = event.target.files?.[0];
              if (file) upload.mutate(file);
              event.target.value = '';
            }}
          />
          <Button look="primary" busy={upload.isPending} onClick={() => input.current?.click()}>{upload.isPending ? text.imports.reading : text.imports.choose}</Button>
          {open.length > 1 && (
            <label className="flex items-center gap-2 text-xs text-muted">
              {text.imports.account}
              <select className="field !w-auto" value={account} onChange={(event) => setAccount(event.target.value)}>
                <option value="">{text.imports.accountFromFile}</option>
                {open.map((option) => <option key={option.id} value={option.id}>{option.name}</option>)}
              </select>
            </label>
          )}
        </div>
        <div className="min-w-64 flex-1 text-sm">
          <h2 className="font-semibold">{text.imports.formatTitle}</h2>
          <p className="mt-1 text-muted">{text.imports.formatLead}</p>
          <pre className="mono mt-3 overflow-x-auto rounded-[6px] border border-soft bg-bg p-3 text-xs leading-5" tabIndex={0}>{example}</pre>
          <Button small className="mt-3" onClick={saveExample}>{text.imports.sample}</Button>
        </div>
      </div>
      {upload.error !== null && <div className="mt-3 border-t border-soft"><Failure error={upload.error} compact /></div>}
    </section>
  );
}

function saveExample() {
  const url = URL.createObjectURL(new Blob([example], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'dawsos-example.csv';
  link.click();
  URL.revokeObjectURL(url);
}

function When({ at }: { at: string | undefined }) {
  const f = useFormat();
  return <>{at ? f.dateTime(at) : '—'}</>;
}

const columns: Column<ImportRecord>[] = [
  { id: 'file', header: text.imports.file, cell: (row) => <Link to="/imports/$importId" params={{ importId: row.id }} className="text-text">{row.file_name}</Link> },
  { id: 'status', header: text.columns.status, cell: (row) => <Chip tone={importTones[row.status] ?? 'blue'}>{importWords(row.status)}</Chip> },
  { id: 'rows', header: text.imports.rows, figures: true, cell: (row) => Object.values<number>(row.counts).reduce((sum, count) => sum + count, 0) || '' },
  { id: 'errors', header: text.imports.errors, figures: true, from: 'sm', cell: (row) => row.counts.error ?? '' },
  { id: 'when', header: text.imports.when, from: 'sm', cell: (row) => <span className="text-muted"><When at={row.created_at} /></span> },
];
