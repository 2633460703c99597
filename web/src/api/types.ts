/**
 * Wire types. Records come from the generated `schema.d.ts` (`npm run generate`); the values of capabilities and patterns,
 * which the OpenAPI document leaves open, are described here by the names of their outputs.
 */

import type { Absent, FxRate, Money } from '@/lib/format/wire';
import type { components } from './schema';

type Schemas = components['schemas'];

export type Optional<T> = T | Absent | null | undefined;

export type Page = Schemas['Page'];

/** About an answer; computed ones say more than records. */
export interface Meta {
  request_id?: string;
  trace_id?: string;
  result_key?: string;
  plan_hash?: string;
  cache?: 'hit' | 'joined' | 'computed' | (string & {});
  pricing_pack_hash?: string;
  ledger_seq?: number;
  known_at?: string | null;
  absent?: { count: number; by_code: Record<string, number>; items: { pointer: string; code: string; why: string }[] };
  restated?: { superseded_by: string; net_asset_value_change?: Optional<number>; reason?: string } | null;
  page?: Page;
}

export interface Envelope<T> {
  data: T;
  meta?: Meta;
}

// ── identity

export type SetupState = Schemas['SetupStatus'];
export type Session = Schemas['SessionInfo'];
export type Device = Schemas['OwnSession'];
export type Settings = Schemas['ReplaceSettings'];

// ── portfolios and prices

export type Portfolio = Schemas['Portfolio'];
export type Account = Schemas['Account'];
export type Pack = Schemas['PricingPack'];
export type PackHealth = Schemas['PackStatus'];

// ── answers of patterns and computed reads

export interface Context {
  as_of: string;
  pricing_pack_id?: string;
  ledger_commit?: string;
  base_currency: string;
}

export interface TraceStep {
  name: string;
  capability: string;
  agent: string;
  state: string;
  reason?: string | null;
  cache?: string;
  wait_lease_ms?: number;
  lease_ms?: number;
  compute_ms?: number;
  rows_read?: number;
  provenance?: { kind?: string; sources?: Source[]; warnings?: Warning[] };
}

export interface Source {
  provider?: string;
  dataset?: string;
  retrieved_at?: string;
  rights?: string;
}

export interface Warning {
  code: string;
  message: string;
  subject?: unknown;
}

export interface Trace {
  steps?: TraceStep[];
}

export interface Staleness {
  as_of?: string;
  state: 'fresh' | 'stale' | 'restated' | 'synthetic' | (string & {});
  why?: string | null;
}

export interface Answer<D = Record<string, unknown>> {
  execution_id: string;
  status: 'complete' | 'partial' | 'failed';
  pattern: string;
  context: Context;
  data: D;
  panels?: Panel[];
  charts?: Chart[];
  trace?: Trace;
  staleness?: Record<string, Staleness>;
  rights?: { providers?: string[]; attributions?: string[] };
  warnings?: Warning[];
  meta?: Meta;
}

export interface PanelMetric {
  label: string;
  value: unknown;
  format?: string;
  color_condition?: string;
  threshold?: number;
  description?: string;
}

export interface PanelColumn {
  field: string;
  header: string;
  format?: string;
  width?: number | string;
  color_condition?: string;
}

export interface Panel {
  id: string;
  title: string;
  kind: string;
  span?: number;
  empty?: string;
  hidden?: { code: string; why: string };
  metrics?: PanelMetric[];
  columns?: PanelColumn[];
  rows?: Record<string, unknown>[];
  sort_by?: string;
  sort_order?: 'asc' | 'desc';
  chart?: Chart | Absent;
  content?: string;
}

export type Unit = { kind: 'money'; currency: string } | { kind: string; currency?: string };

export interface ChartSeries {
  id?: string;
  name: string;
  role?: string;
  points: [string, number | string | null][];
}

export interface Chart {
  id?: string;
  kind: string;
  title?: string;
  as_of?: string;
  x?: { type?: string; categories?: string[] };
  y?: { type?: string; unit?: Unit; format?: string };
  series: ChartSeries[];
  marks?: { at: string; label?: string; role?: string; value?: number | string }[];
  bands?: { from: string; to: string; label?: string }[];
  thresholds?: { y: number; label?: string }[];
  absent?: { series: string; code: string; why: string }[];
  text?: string;
}

/** A row of `portfolio.get_valued_positions`. */
export interface ValuedPosition {
  security_id: string;
  symbol: string;
  name: string;
  asset_class?: string;
  sector?: Optional<string>;
  country?: Optional<string>;
  currency: string;
  quantity: string;
  cost_basis: Optional<Money>;
  cost_basis_local?: Optional<Money>;
  average_cost?: Optional<Money>;
  lot_count?: number;
  first_acquired?: string;
  price: Optional<Money>;
  price_date?: Optional<string>;
  value_local?: Optional<Money>;
  market_value: Optional<Money>;
  fx_rate?: Optional<FxRate | string>;
  weight: Optional<number>;
  unrealized_gain: Optional<Money>;
  unrealized_gain_fraction: Optional<number>;
  price_gain?: Optional<Money>;
  currency_gain?: Optional<Money>;
  day_return: Optional<number>;
  stale?: boolean;
}

export interface CashPosition {
  currency: string;
  amount: Money;
  base_value?: Optional<Money>;
  weight?: Optional<number>;
}

export interface ValuedPositions {
  positions: ValuedPosition[];
  cash: CashPosition[];
  net_asset_value: Optional<Money>;
  positions_value?: Optional<Money>;
  cash_value?: Optional<Money>;
  partial_value?: Optional<Money>;
  missing?: { symbol?: string; code?: string; why?: string }[];
  coverage?: Optional<number>;
}

export type PerfMetrics = Record<string, Optional<number | string>>;

export interface CurrencyAttribution {
  local_return: Optional<number>;
  currency_return: Optional<number>;
  interaction: Optional<number>;
  total_return: Optional<number>;
  residual_bps?: Optional<number>;
  start_date?: string;
  end_date?: string;
}

export interface WireSeries {
  unit?: Unit;
  points: [string, number | string][];
}

export interface HistoricalNav {
  series: Optional<WireSeries>;
  time_weighted_index?: Optional<WireSeries>;
  flows?: { date: string; amount: Money | number | string }[];
  total_return?: Optional<number>;
  start_date?: string;
  end_date?: string;
}

export interface OverviewData {
  valued_positions?: ValuedPositions | Absent;
  perf_metrics?: PerfMetrics | Absent;
  currency_attr?: CurrencyAttribution | Absent;
  sector_allocation?: { sectors: { sector: string; market_value: Optional<Money>; weight: Optional<number> }[] } | Absent;
  historical_nav?: HistoricalNav | Absent;
  [output: string]: unknown;
}

/** A row of `GET /api/lots`. */
export interface Lot {
  lot_id: string;
  account_id: string;
  security_id: string;
  symbol: string;
  acquired: string;
  quantity_original: string;
  quantity_open: string;
  /** In the currency of the purchase. */
  cost_basis: Money;
  /** In the portfolio's currency, at the rate of the purchase. */
  cost_basis_base: Optional<Money>;
  cost_per_unit: Optional<Money>;
  cost_currency: string;
  fx_rate_at_trade: Optional<FxRate>;
  holding_period_days: number;
  term: 'short' | 'long' | (string & {});
  market_value: Optional<Money>;
  unrealized_gain: Optional<Money>;
  closed?: Optional<string>;
}

// ── transactions

export type SecurityMatch = Schemas['Security'];
/** What is sent: only the fields of its kind are present. */
export type TransactionDraft = Schemas['TransactionInput'];
export type Transaction = Schemas['Transaction'];

/** A row of the capability `ledger.transactions`: flat, charges as sums, what a kind does not have absent. */
export interface TransactionRow {
  transaction_id: string;
  seq: number;
  trade_date: string;
  kind: string;
  /** `recorded` while it counts. */
  status: 'recorded' | 'voided' | 'amended' | (string & {});
  account_id: string;
  security_id?: Optional<string>;
  /** `XNAS:AAPL`. */
  symbol?: Optional<string>;
  name?: Optional<string>;
  quantity?: Optional<string>;
  price?: Optional<Money>;
  gross_amount?: Optional<Money>;
  /** Signed change of cash. */
  amount?: Optional<Money>;
  fees?: Optional<Money>;
  tax?: Optional<Money>;
  currency?: string;
  counter_amount?: Optional<Money>;
  fx_rate?: Optional<FxRate>;
  ratio?: Optional<{ from: string; to: string }>;
  realized_gain?: Optional<Money>;
  source?: string;
  external_id?: Optional<string>;
  narration?: Optional<string>;
}

export interface EffectPosition {
  account_id: string;
  security_id: string;
  symbol: string;
  quantity_before: string;
  quantity_after: string;
}

export interface EffectCash {
  account_id: string;
  currency: string;
  before: Money;
  after: Money;
}

/** What recording would change: only what differs, and gains in the portfolio's currency. */
export interface Effects {
  positions: EffectPosition[];
  cash: EffectCash[];
  realized_gain: Optional<Money>;
}

/** The value of `ledger.preview`. */
export interface Preview {
  effects: Effects;
  warnings: Warning[];
}

// ── imports

export interface ImportCounts {
  ok: number;
  warning: number;
  error: number;
  duplicate: number;
  ignored: number;
}

/** Rows by status are an open object in the document. */
export type ImportRecord = Omit<Schemas['Import'], 'counts'> & { counts: Partial<ImportCounts> };

export interface FieldProblem {
  code: string;
  detail: string;
  column?: string | null;
  pointer?: string;
  parameter?: string;
  line?: number;
  try?: string | null;
  allowed?: string[];
}

export interface ImportRow {
  line: number;
  part?: number;
  raw?: string;
  status: 'ok' | 'warning' | 'error' | 'duplicate' | 'ignored' | (string & {});
  transaction?: Optional<TransactionRow>;
  problems?: FieldProblem[];
}

export interface ImportPreview {
  rows: ImportRow[];
  effects?: Optional<Effects>;
  warnings?: Warning[];
  counts?: Partial<ImportCounts>;
}
