// Answers of the API in their exact wire forms, made from the demo's own files. For tests and development only.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

const demo = new URL('../../demo/', import.meta.url);
const file = (name) => readFileSync(new URL(name, demo), 'utf8');

/** A CSV file as records; quoted cells may hold commas. */
export function csv(text) {
  const rows = text.replace(/\r/g, '').split('\n').filter(Boolean).map((line) => {
    const cells = [];
    let cell = '';
    let quoted = false;
    for (const c of line) {
      if (c === '"') quoted = !quoted;
      else if (c === ',' && !quoted) {
        cells.push(cell);
        cell = '';
      } else cell += c;
    }
    cells.push(cell);
    return cells;
  });
  const header = rows.shift() ?? [];
  return rows.map((cells) => Object.fromEntries(header.map((name, index) => [name, cells[index] ?? ''])));
}

export const expected = JSON.parse(file('expected.json'));
const nav = csv(file('nav_daily.csv')).map((row) => [row.date, row.nav]);
const master = csv(file('securities.csv'));
export const ledger = existsSync(new URL('ledger.csv', demo)) ? csv(file('ledger.csv')) : [];
const base = expected.base_currency;
const asOf = expected.as_of;

const hex = (seed, length = 64) => createHash('sha256').update(seed).digest('hex').slice(0, length);
export function uuid(seed) {
  const h = hex(seed);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-7${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20, 32)}`;
}
const money = (amount, currency = base) => ({ amount: String(amount), currency });
const absent = (code, why, subject) => ({ absent: { code, why, ...(subject && { subject }) } });
const text = (number) => String(Math.round(number * 1e4) / 1e4);

export const portfolioId = uuid('portfolio');
export const accountId = uuid('account');
export const commit = hex('ledger');
const packId = (date) => `PP_${date}`;

export function security(symbol) {
  const row = master.find((candidate) => candidate.symbol === symbol);
  if (!row) return undefined;
  return { id: uuid(`security ${symbol}`), symbol, mic: row.mic || null, isin: row.isin || null, name: row.name, kind: row.asset_type === 'stock' ? 'equity' : row.asset_type, sector: row.sector || null, country: row.country || null, currency: row.currency };
}
export const securities = master.map((row) => security(row.symbol));

/** `MIC:symbol`, as capabilities name securities. */
export const fullSymbol = (s) => (s.mic ? `${s.mic}:${s.symbol}` : s.symbol);
const none = (what) => absent('not_applicable', `not_applicable: there is no ${what}`);

const dayReturns = { AAPL: 0.0202, AMD: 0.0273, AMZN: 0.0524, 'AZN.L': 0.0061, GOOG: 0.0302, META: 0.0337, MSFT: 0.0297, NVDA: 0.0427, '9988.HK': 0.0152 };

const positions = expected.positions.map((p) => {
  const s = security(p.symbol);
  const fx = p.market_value_base / p.market_value;
  const priceGain = p.unrealized * fx;
  return {
    ...p,
    s,
    fx,
    wire: {
      security_id: s.id, symbol: fullSymbol(s), name: s.name, asset_class: s.kind, sector: s.sector ?? absent('unknown_field', 'no sector'), country: s.country, currency: p.currency,
      quantity: String(p.quantity), cost_basis: money(p.cost_fifo_base), cost_basis_local: money(p.cost_fifo, p.currency), average_cost: money(text(p.cost_fifo / p.quantity), p.currency),
      lot_count: p.lots.length, first_acquired: p.lots[0].acquired, account_ids: [accountId], price: money(p.last_close, p.currency), price_date: p.price_date,
      value_local: money(p.market_value, p.currency), market_value: money(p.market_value_base), fx_rate: { base: p.currency, quote: base, rate: fx.toFixed(8) }, weight: p.weight_of_nav,
      unrealized_gain: money(p.unrealized_base), unrealized_gain_fraction: p.unrealized_base / p.cost_fifo_base, price_gain: money(text(priceGain)), currency_gain: money(text(p.unrealized_base - priceGain)),
      day_return: dayReturns[p.symbol] ?? 0.01, stale: false,
    },
  };
});

const cashRates = { EUR: 1, USD: 0.95868, GBP: 1.158374, HKD: 0.122125 };
const cash = Object.entries(expected.cash).map(([currency, amount]) => ({ currency, amount: money(amount, currency), base_value: money((amount * cashRates[currency]).toFixed(2)), weight: (amount * cashRates[currency]) / expected.nav_base }));

function performance(lookback) {
  const points = nav.slice(-Math.min(nav.length, Math.round(lookback * 1.45)));
  const flows = expected.external_flows_base.map((flow) => ({ date: flow.date, amount: String(flow.amount) })).filter((flow) => flow.date >= points[0][0]);
  const byDate = new Map(flows.map((flow) => [flow.date, Number(flow.amount)]));
  let level = 1;
  let peak = 1;
  let worst = 0;
  const returns = [];
  const index = points.map(([date, value], at) => {
    if (at > 0) {
      const before = Number(points[at - 1][1]);
      const r = (Number(value) - (byDate.get(date) ?? 0)) / before - 1;
      returns.push(r);
      level *= 1 + r;
      peak = Math.max(peak, level);
      worst = Math.min(worst, level / peak - 1);
    }
    return [date, Math.round(level * 1e8) / 1e8];
  });
  const mean = returns.reduce((a, b) => a + b, 0) / returns.length;
  const deviation = Math.sqrt(returns.reduce((a, b) => a + (b - mean) ** 2, 0) / (returns.length - 1));
  return { points, index, flows, level, worst, now: level / peak - 1, volatility: deviation * Math.sqrt(252), sharpe: (mean * 252) / (deviation * Math.sqrt(252)), first: points[0][0] };
}

const sectorWeights = new Map();
for (const p of positions) sectorWeights.set(p.s.sector || 'Unclassified', (sectorWeights.get(p.s.sector || 'Unclassified') ?? 0) + p.weight_of_nav);

function trace(pattern, names) {
  return {
    steps: names.map(([name, capability], index) => ({
      name, capability, agent: 'financial_analyst', state: index === 2 ? 'cached' : 'done', cache: index === 2 ? 'hit' : 'miss', wait_lease_ms: 0.2, lease_ms: 1.8, compute_ms: 1.1 + index, rows_read: 164,
      provenance: { kind: 'computed', sources: [{ provider: 'ecb', dataset: 'eurofxref' }, { provider: 'demo', dataset: 'prices_daily' }], warnings: [] },
    })),
  };
}

export function answer(pattern, data, extra = {}) {
  const asked = extra.as_of ?? asOf;
  return {
    execution_id: uuid(`execution ${pattern} ${Math.random()}`),
    status: 'complete',
    pattern,
    context: { as_of: asked, pricing_pack_id: packId(asked), ledger_commit: commit, base_currency: base },
    data,
    panels: extra.panels ?? [],
    charts: [],
    trace: extra.trace ?? trace(pattern, [['rows', 'ledger.positions@1.0.0']]),
    staleness: {},
    rights: { providers: ['ecb'], attributions: ['European Central Bank'] },
    warnings: extra.warnings ?? [],
    meta: {
      request_id: hex(`request ${Math.random()}`, 26), trace_id: hex('trace', 32), result_key: hex(`key ${pattern} ${asked}`), plan_hash: hex(pattern), cache: 'hit', pricing_pack_hash: hex(packId(asked)), ledger_seq: 164,
      known_at: '2022-06-15T18:00:00Z', absent: { count: 0, by_code: {}, items: [] }, restated: extra.restated ?? null, ...(extra.page && { page: extra.page }),
    },
  };
}

export function overview({ lookback_days = 252, as_of, restated } = {}) {
  const p = performance(lookback_days);
  const all = performance(99999);
  const since = (date) => {
    const start = all.index.findLast(([at]) => at <= date);
    return start ? all.level / start[1] - 1 : absent('insufficient_data', `insufficient_data: history begins on ${all.first}`);
  };
  const years = (Date.parse(asOf) - Date.parse(all.first)) / 86400000 / 365;
  const metrics = {
    time_weighted_return_1d: since('2022-06-14'), time_weighted_return_mtd: since('2022-05-31'), time_weighted_return_qtd: since('2022-03-31'), time_weighted_return_ytd: since('2021-12-31'),
    time_weighted_return_1y: since('2021-06-15'), time_weighted_return_3y: absent('insufficient_data', 'insufficient_data: three years need prices from 2019-06-15, history begins on 2019-12-02', { needed: '2019-06-15', found: '2019-12-02' }),
    time_weighted_return_5y: absent('insufficient_data', 'insufficient_data: five years need prices from 2017-06-15, history begins on 2019-12-02'),
    time_weighted_return_itd: expected.twr.cash_basis.hybrid, time_weighted_return_itd_annualized: (1 + expected.twr.cash_basis.hybrid) ** (1 / years) - 1,
    money_weighted_return_1y: 0.0214, money_weighted_return_itd: expected.xirr, volatility: p.volatility, sharpe_ratio: p.sharpe, maximum_drawdown: p.worst, current_drawdown: p.now, first_date: p.first, last_date: asOf, observations: p.points.length,
  };
  const attribution = { local_return: 0.0312, currency_return: 0.0541, interaction: -0.0046, total_return: 0.0807, residual_bps: 0.0, start_date: p.first, end_date: asOf };
  const weight = { kind: 'fraction' };
  const valued = {
    positions: positions.map((position) => position.wire), cash, positions_value: money(expected.market_value_base), cash_value: money(expected.cash_base), net_asset_value: money(expected.nav_base),
    partial_value: money(expected.nav_base), missing: [], coverage: 1, currency: base, position_count: positions.length,
  };
  const chart = (kind, title, points, unit, description, extra = {}) => ({ id: title, kind, title, as_of: asOf, x: { type: 'category' }, y: { type: 'number', unit, format: unit.kind === 'money' ? 'money' : 'percentage' }, series: [{ id: 'a', name: title, role: 'primary', points }], text: description, ...extra });
  const panels = [
    { id: 'performance_strip', title: 'Performance', kind: 'metrics', metrics: [{ label: 'TWR 1Y', value: metrics.time_weighted_return_1y, format: 'percentage', color_condition: 'sign' }] },
    { id: 'historical_nav', title: 'Net asset value', kind: 'chart', chart: chart('line', 'Net asset value', p.points, { kind: 'money', currency: base }, `Net asset value went from ${p.points[0][1]} to ${expected.nav_base} ${base}; lowest on ${p.points.toSorted((a, b) => a[1] - b[1])[0][0]}.`, { x: { type: 'date' } }) },
    { id: 'currency_attribution', title: 'Currency attribution', kind: 'chart', chart: chart('waterfall', 'Currency attribution', [['Local', 0.0312], ['Currency', 0.0541], ['Interaction', -0.0046], ['Total', 0.0807]], weight, 'Of 8.07 %, 3.12 % came from local prices and 5.41 % from currencies.') },
    { id: 'sector_allocation', title: 'Sector allocation', kind: 'chart', chart: chart('donut', 'Sector allocation', [...sectorWeights].toSorted((a, b) => b[1] - a[1]), weight, 'Information Technology is the largest sector.') },
    { id: 'holdings', title: 'Holdings', kind: 'table', columns: [{ field: 'symbol', header: 'Symbol', format: 'text' }, { field: 'market_value', header: 'Value', format: 'currency' }], rows: valued.positions, empty: 'No positions' },
    { id: 'allocation', title: 'Asset allocation', kind: 'chart', chart: chart('pie', 'Asset allocation', [['equity', expected.market_value_base / expected.nav_base], ['cash', expected.cash_base / expected.nav_base]], weight, 'Equity and cash.') },
  ];
  return answer('portfolio_overview@2.0.0', {
    valued_positions: valued, perf_metrics: metrics, currency_attr: attribution,
    sector_allocation: { sectors: [...sectorWeights].map(([sector, w]) => ({ sector, weight: w, market_value: money((w * expected.nav_base).toFixed(2)) })), sector_count: sectorWeights.size },
    historical_nav: { series: { unit: { kind: 'money', currency: base }, frequency: 'D', points: p.points, gaps: [] }, time_weighted_index: { unit: { kind: 'ratio' }, frequency: 'D', points: p.index }, flows: p.flows.map((flow) => ({ date: flow.date, amount: money(flow.amount) })), start_date: p.first, end_date: asOf },
  }, {
    as_of, panels, restated,
    trace: trace('portfolio_overview', [['valued_positions', 'portfolio.get_valued_positions@1.0.0'], ['perf_metrics', 'metrics.compute_twr@1.0.0'], ['currency_attr', 'attribution.currency@1.0.0'], ['historical_nav', 'portfolio.historical_nav@1.0.0'], ['sector_allocation', 'portfolio.sector_allocation@1.0.0']]),
  });
}

export const holdings = () => ({
  positions: positions.map(({ wire }) => wire), cash, positions_value: money(expected.market_value_base), cash_value: money(expected.cash_base), net_asset_value: money(expected.nav_base), partial_value: money(expected.nav_base), missing: [], coverage: 1, currency: base,
});

export const lots = (securityId) => positions.filter(({ s }) => s.id === securityId).flatMap((p) => p.lots.map((lot, index) => {
  const value = lot.quantity * p.last_close * p.fx;
  const days = Math.round((Date.parse(asOf) - Date.parse(lot.acquired)) / 86400000);
  return {
    lot_id: uuid(`lot ${p.symbol} ${index}`), account_id: accountId, security_id: securityId, symbol: fullSymbol(p.s), acquired: lot.acquired, quantity_original: String(lot.quantity), quantity_open: String(lot.quantity),
    cost_basis: money(lot.cost, p.currency), cost_basis_base: money(lot.cost_base), cost_per_unit: money(text(lot.cost / lot.quantity), p.currency), cost_currency: p.currency, fx_rate_at_trade: { base: p.currency, quote: base, rate: (lot.cost_base / lot.cost).toFixed(8) },
    holding_period_days: days, term: days > 365 ? 'long' : 'short', market_value: money(value.toFixed(2)), unrealized_gain: money((value - lot.cost_base).toFixed(2)), closed: none('day of closing'), adjustments: [],
  };
}));

const sales = new Map(expected.realized.sales.map((sale) => [sale.id, sale]));

/** A row of the DawsOS CSV as a transaction of the API. */
export function transactionOf(row, seq) {
  const m = (amount) => (amount ? money(amount, row.currency) : null);
  const sale = sales.get(row.external_id);
  const counter = row.counter_amount ? money(row.counter_amount, row.counter_currency) : undefined;
  return {
    id: uuid(`transaction ${seq} ${row.external_id}`), seq, kind: row.kind, status: 'active', account_id: accountId, account: { id: accountId, name: 'Broker' },
    security: row.symbol ? security(row.symbol) ?? { symbol: row.symbol } : null, trade_date: row.trade_date, settlement_date: null, ex_date: row.ex_date || null, pay_date: row.pay_date || null,
    quantity: row.quantity || null, price: m(row.price), gross_amount: m(row.gross_amount),
    fees: row.fees && Number(row.fees) ? [{ kind: 'commission', money: m(row.fees) }] : [], taxes: row.taxes && Number(row.taxes) ? [{ kind: row.kind === 'dividend' ? 'withholding' : 'transaction', money: m(row.taxes) }] : [],
    net_amount: m(row.net_amount), ...(counter && { counter_amount: counter }), ratio: row.ratio ? { to: row.ratio.split(':')[0], from: row.ratio.split(':')[1] } : null,
    cost_basis: row.lot_cost ? { acquired_on: row.lot_date, cost: m(row.lot_cost) } : null,
    realized: sale ? money(sale.gain_base) : undefined,
    source: 'import', external_id: row.external_id || null, note: row.note || null, tags: [], recorded_at: '2022-06-15T18:01:00.123456Z', recorded_by: 'Demo', ledger_commit: hex(`commit ${seq}`),
  };
}

/** The same as a row of `ledger.transactions`: flat, charges as sums, what a kind does not have absent. */
export function rowOf(t) {
  const currency = t.gross_amount?.currency ?? t.currency ?? base;
  const sum = (charges) => money((charges ?? []).reduce((total, charge) => total + Number(charge.money.amount), 0), currency);
  return {
    transaction_id: t.id, seq: t.seq, trade_date: t.trade_date, settlement_date: none('settlement date'), ex_date: t.ex_date ?? none('ex-date'), pay_date: t.pay_date ?? none('pay date'), kind: t.kind, account_id: t.account_id,
    security_id: t.security?.id ?? none('security'), symbol: t.security ? fullSymbol(t.security) : none('security'), name: t.security?.name ?? none('security'), quantity: t.quantity ?? none('quantity'), price: t.price ?? none('price'),
    gross_amount: t.gross_amount ?? money('0', currency), amount: t.net_amount ?? money('0', currency), fees: sum(t.fees), tax: sum(t.taxes), currency, counter_amount: t.counter_amount ?? none('other side'), ratio: t.ratio ?? none('ratio'),
    realized_gain: t.realized ?? none('disposal'), status: t.status === 'active' ? 'recorded' : t.status, source: t.source, external_id: t.external_id ?? none('external id'), narration: t.note ?? none('note'), tags: [],
  };
}

export function packs(from, to) {
  const list = [];
  for (let at = Date.parse(`${from}T00:00:00Z`); at <= Date.parse(`${to}T00:00:00Z`); at += 86400000) {
    const date = new Date(at).toISOString().slice(0, 10);
    if (date < '2018-01-02' || date > asOf) continue;
    const revision = date === '2022-05-31' ? 1 : 0;
    list.push({ pricing_pack_id: revision ? `${packId(date)}_R1` : packId(date), hash: hex(packId(date)), parent: null, date, revision, status: 'fresh', coverage: { prices: 1, fx: 1 }, superseded_by: null, known_at: `${date}T18:00:00Z`, reason: revision ? 'corrected close' : null });
  }
  return list;
}

export { asOf, base };
