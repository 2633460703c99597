// Answers like the server, from the demo's files, with a book in memory. For tests and development of the pages; never shipped.
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { accountId, answer, asOf, base, commit, csv, expected, fullSymbol, holdings, ledger, lots, overview, packs, portfolioId, rowOf, securities, transactionOf, uuid } from './fixture-data.mjs';

const port = Number(process.env.FIXTURE_PORT ?? 5055);
const dist = new URL('../dist/', import.meta.url).pathname;
/** `empty`: signed in without a portfolio. `setup`: first start. Anything else is the demo. */
const mode = process.env.FIXTURE_MODE ?? 'demo';

const user = { id: uuid('user'), email: 'demo@dawsos.local', display_name: 'Demo Investor', role: 'USER', locale: 'en-GB', time_zone: 'Europe/Berlin', default_portfolio_id: null };
const state = {
  portfolios: mode === 'empty' ? [] : [{ id: portfolioId, name: 'Demo portfolio', base_currency: base, access: 'owner', status: 'active', ledger_commit: commit, ledger_seq: ledger.length, demo: true, cost_basis_method: 'fifo', opened_on: '2019-12-02' }],
  accounts: mode === 'empty' ? [] : [{ id: accountId, name: 'Broker', kind: 'brokerage', currency: base, tax_treatment: 'taxable', closed_on: null }],
  transactions: mode === 'empty' ? [] : ledger.map((row, index) => transactionOf(row, index + 1)),
  imports: [],
  settings: {},
};

class Problem extends Error {
  constructor(status, code, detail, extra = {}) {
    super(detail);
    Object.assign(this, { status, body: { type: `/docs/errors/${code}`, title: detail, status, code, detail, request_id: uuid(String(Math.random())).slice(0, 13), ...extra } });
  }
}

const page = (rows, query, key = 'transactions') => {
  const limit = Number(query.get('limit') ?? 100);
  const from = Number(query.get('cursor') ?? 0);
  const shown = rows.slice(from, from + limit);
  const more = from + limit < rows.length;
  return { rows: shown, page: { limit, has_more: more, next_cursor: more ? String(from + limit) : null, total: rows.length }, key };
};

function listTransactions(query) {
  const kinds = query.getAll('kind').flatMap((word) => word.split(','));
  const words = (query.get('text') ?? '').toLowerCase();
  const rows = state.transactions.filter((row) =>
    (query.get('include_voided') === 'true' || row.status === 'active') &&
    (kinds.length === 0 || kinds.includes(row.kind)) &&
    (!query.get('security_id') || row.security?.id === query.get('security_id')) &&
    (!query.get('from') || row.trade_date >= query.get('from')) &&
    (!query.get('to') || row.trade_date <= query.get('to')) &&
    (!words || [row.note, row.security?.symbol, row.security?.name].some((text) => text?.toLowerCase().includes(words))));
  rows.sort((a, b) => b.trade_date.localeCompare(a.trade_date) || b.seq - a.seq);
  return page(rows, query);
}

const find = (id) => {
  const found = state.transactions.find((row) => row.id === id);
  if (!found) throw new Problem(404, 'transaction_not_found', 'there is no such transaction');
  return found;
};

function withWords(draft) {
  const known = draft.security && securities.find((candidate) => candidate.id === draft.security.id || candidate.symbol === draft.security.symbol);
  const currency = draft.gross_amount?.currency ?? draft.price?.currency ?? draft.currency ?? base;
  const gross = draft.gross_amount ?? (draft.price && draft.quantity ? { amount: (Number(draft.price.amount) * Number(draft.quantity)).toFixed(2), currency } : null);
  const charges = [...(draft.fees ?? []), ...(draft.taxes ?? [])].reduce((sum, charge) => sum + Number(charge.money.amount), 0);
  const out = ['buy', 'withdrawal', 'fee', 'tax', 'fx'].includes(draft.kind);
  const net = gross ? { amount: ((out ? -1 : 1) * Number(gross.amount) - charges).toFixed(2), currency } : null;
  return { fees: [], taxes: [], tags: [], ...draft, security: known ?? draft.security ?? null, gross_amount: gross, net_amount: net };
}

function effectOf(drafts) {
  const positions = [];
  const cash = [];
  const warnings = [];
  drafts.forEach((draft, index) => {
    const t = withWords(draft);
    if (t.security && t.quantity && ['buy', 'sell', 'transfer_in', 'transfer_out'].includes(t.kind)) {
      const held = Number(expected.positions.find((p) => p.symbol === t.security.symbol)?.quantity ?? 0);
      const sign = ['sell', 'transfer_out'].includes(t.kind) ? -1 : 1;
      const after = held + sign * Number(t.quantity);
      if (after < 0) {
        throw new Problem(422, 'oversell', `sale of ${t.quantity} ${t.security.symbol} on ${t.trade_date}, ${held} are open`, {
          title: 'More sold than held', try: 'record the missing purchase first', errors: [{ pointer: `/transactions/${index}/quantity`, code: 'oversell', detail: `open ${held}, asked ${t.quantity}` }],
        });
      }
      positions.push({ account_id: accountId, security_id: t.security.id, symbol: fullSymbol(t.security), quantity_before: String(held), quantity_after: String(after) });
    }
    if (t.net_amount) {
      const before = expected.cash[t.net_amount.currency] ?? 0;
      const after = before + Number(t.net_amount.amount);
      const currency = t.net_amount.currency;
      cash.push({ account_id: accountId, currency, before: { amount: before.toFixed(2), currency }, after: { amount: after.toFixed(2), currency } });
      if (after < 0) warnings.push({ code: 'negative_cash', message: `cash in ${t.net_amount.currency} would be negative: ${after.toFixed(2)}` });
    }
  });
  return { effects: { positions, cash, realized_gain: { absent: { code: 'not_applicable', why: 'nothing is disposed of' } } }, warnings };
}

function record(draft, extra = {}) {
  const seq = state.transactions.length + 1;
  const row = { id: uuid(`new ${seq} ${Math.random()}`), seq, status: 'active', account: state.accounts[0] ?? null, source: 'manual', recorded_at: new Date().toISOString(), ledger_commit: uuid(`c${seq}`).replaceAll('-', '').repeat(2), ...withWords(draft), ...extra };
  state.transactions.push(row);
  return row;
}

const columns = new Set('kind trade_date currency account isin figi symbol mic quantity price gross_amount fees taxes net_amount settlement_date ex_date pay_date fx_rate counter_currency counter_amount ratio lot_date lot_cost external_id note tags'.split(' '));

function parseImport(name, content) {
  const lines = content.split('\n');
  const rows = csv(content).map((record, index) => {
    const problems = [];
    const need = (column) => record[column] || problems.push({ column, code: 'missing', detail: `${column} is empty`, try: `fill ${column}` });
    need('kind');
    need('currency');
    if (!/^\d{4}-\d{2}-\d{2}$/.test(record.trade_date ?? '')) problems.push({ column: 'trade_date', code: 'invalid_date', detail: `“${record.trade_date}” is not a date of the form 2024-03-28`, try: 'write year, month and day' });
    if (record.quantity && !/^\d+(\.\d+)?$/.test(record.quantity)) problems.push({ column: 'quantity', code: 'invalid_number', detail: `“${record.quantity}” is not a positive decimal`, try: 'use a decimal point and no sign' });
    if (record.symbol && !securities.some((candidate) => candidate.symbol === record.symbol)) problems.push({ column: 'symbol', code: 'unknown_symbol', detail: `no known security has the symbol ${record.symbol}`, try: 'check the spelling, or add the security first' });
    const duplicate = record.external_id && state.transactions.some((t) => t.external_id === record.external_id);
    const status = problems.length > 0 ? 'error' : duplicate ? 'duplicate' : 'ok';
    return { line: index + 2, raw: lines[index + 1], status, problems, transaction: status === 'error' ? null : rowOf(transactionOf(record, 10000 + index)), record };
  });
  const header = (lines[0] ?? '').trim().split(',');
  const unknown = header.find((column) => !columns.has(column));
  if (unknown) throw new Problem(422, 'import_rejected', `the column ${unknown} is not known`, { title: 'The file cannot be read', try: 'rename or remove the column', errors: [{ line: 1, column: unknown, code: 'unknown_column', detail: `unknown column ${unknown}` }] });
  const counts = { ok: 0, warning: 0, error: 0, duplicate: 0, ignored: 0 };
  for (const row of rows) counts[row.status] += 1;
  const made = { id: uuid(`import ${Math.random()}`), file_name: name, portfolio_id: portfolioId, account_id: accountId, status: 'uploaded', format: 'dawsos_csv', detected: { format: 'dawsos_csv', delimiter: ',', encoding: 'utf-8' }, counts, created_at: new Date().toISOString(), rows };
  state.imports.unshift(made);
  return made;
}

const importOf = (id) => {
  const found = state.imports.find((candidate) => candidate.id === id);
  if (!found) throw new Problem(404, 'not_found', 'there is no such import');
  return found;
};
const without = (record, name) => Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
const bare = (made) => without(made, 'rows');
const session = () => ({ user, permissions: ['portfolio_read', 'position_read', 'portfolio_write', 'export_csv'], portfolios: state.portfolios.map(({ id, name, access }) => ({ id, name, access })), csrf_token: 'fixture', expires_at: '2099-01-01T00:00:00Z' });

const routes = [
  ['GET', /^\/api\/setup$/, () => ({ data: { needs_setup: mode === 'setup', demo: mode === 'demo', version: '0.1.0' } }), true],
  ['POST', /^\/api\/setup$/, (_, { body }) => { if (String(body.password).length < 12) throw new Problem(422, 'weak_password', 'the password is too short', { errors: [{ pointer: '/password', code: 'weak_password', detail: 'at least 12 characters' }] }); return { data: { user } }; }, 'in'],
  ['POST', /^\/api\/auth\/login$/, (_, { body }) => { if (body.password === 'wrong') throw new Problem(401, 'invalid_credentials', 'e-mail or password is not right'); return { data: { user } }; }, 'in'],
  ['POST', /^\/api\/auth\/logout$/, () => null, 'out'],
  ['GET', /^\/api\/auth\/session$/, () => ({ data: session() })],
  ['POST', /^\/api\/auth\/password$/, () => null],
  ['GET', /^\/api\/profile$/, () => ({ data: user })],
  ['PATCH', /^\/api\/profile$/, (_, { body }) => ({ data: Object.assign(user, body) })],
  ['GET', /^\/api\/settings$/, () => ({ data: state.settings })],
  ['PUT', /^\/api\/settings$/, (_, { body }) => ({ data: (state.settings = body) })],
  ['GET', /^\/api\/sessions$/, () => ({ data: [{ id: uuid('s1'), created_at: '2022-06-15T08:00:00Z', last_seen_at: '2022-06-15T18:00:00Z', user_agent: 'Chromium on Linux', address: '127.0.0.1', current: true }, { id: uuid('s2'), created_at: '2022-06-10T08:00:00Z', last_seen_at: '2022-06-12T18:00:00Z', user_agent: 'Firefox on Android', address: '192.168.1.20', current: false }] })],
  ['DELETE', /^\/api\/sessions\/(.+)$/, () => null],
  ['GET', /^\/api\/portfolios$/, () => ({ data: state.portfolios })],
  ['POST', /^\/api\/portfolios$/, (_, { body }) => { const made = { id: uuid(`portfolio ${Math.random()}`), access: 'owner', status: 'active', demo: false, ledger_seq: 0, ...body }; state.portfolios.push(made); return { data: made }; }],
  ['GET', /^\/api\/portfolios\/([^/]+)\/accounts$/, () => ({ data: state.accounts })],
  ['POST', /^\/api\/portfolios\/([^/]+)\/accounts$/, (_, { body }) => { const made = { id: uuid(`account ${Math.random()}`), closed_on: null, ...body }; state.accounts.push(made); return { data: made }; }],
  ['GET', /^\/api\/packs$/, (_, { query }) => ({ data: packs(query.get('from'), query.get('to')), meta: { page: { limit: 1000, has_more: false } } })],
  ['GET', /^\/api\/packs\/latest$/, () => ({ data: packs(asOf, asOf)[0] })],
  ['POST', /^\/api\/patterns\/execute$/, (_, { body }) => {
    if (state.transactions.length === 0) return answer('portfolio_overview@2.0.0', { valued_positions: { positions: [], cash: [], net_asset_value: { amount: '0', currency: base } } });
    return overview({ lookback_days: body.inputs.lookback_days, as_of: body.as_of, restated: body.as_of === '2022-05-31' ? { superseded_by: 'PP_2022-05-31_R1', net_asset_value_change: 0.0012 } : null });
  }],
  ['GET', /^\/api\/holdings$/, (_, { query }) => answer('portfolio.get_valued_positions@1.0.0', holdings(), { as_of: query.get('as_of') ?? undefined })],
  ['GET', /^\/api\/lots$/, (_, { query }) => answer('ledger.lots@1.0.0', { value: { lots: lots(query.get('security_id')) } })],
  ['GET', /^\/api\/transactions$/, (_, { query }) => { const listed = listTransactions(query); return answer('ledger.transactions@1.0.0', { transactions: listed.rows.map(rowOf), total_count: listed.page.total }, { page: listed.page }); }],
  ['POST', /^\/api\/transactions\/preview$/, (_, { body }) => answer('ledger.preview@1.0.0', { value: effectOf(body.transactions) })],
  ['POST', /^\/api\/transactions$/, (_, { body, key }) => { if (!key) throw new Problem(400, 'invalid_header', 'Idempotency-Key is required'); effectOf(body.transactions); return answer('ledger.record@1.0.0', { value: { transaction_ids: body.transactions.map((draft) => record(draft).id) } }); }],
  ['GET', /^\/api\/transactions\/([^/]+)$/, ([id]) => { const row = find(id); const changes = row.status === 'active' ? [] : [{ id: row.id, seq: state.transactions.length, status: row.status, reason: row.reason, recorded_at: row.recorded_at, ledger_commit: commit }];
    return { data: { ...row, history: changes } }; }],
  ['POST', /^\/api\/transactions\/([^/]+)\/void$/, ([id], { body }) => { Object.assign(find(id), { status: 'voided', reason: body.reason }); return answer('ledger.void@1.0.0', {}); }],
  ['POST', /^\/api\/transactions\/([^/]+)\/amend$/, ([id], { body }) => { const old = find(id); const made = record(body.transaction, { amends: id, reason: body.reason }); old.status = 'amended'; return answer('ledger.amend@1.0.0', { value: { transaction_ids: [made.id] } }); }],
  ['GET', /^\/api\/securities\/search$/, (_, { query }) => { const q = query.get('q').toLowerCase(); return { data: { matches: securities.filter((s) => s.symbol.toLowerCase().startsWith(q) || s.name.toLowerCase().includes(q) || s.isin?.toLowerCase() === q) } }; }],
  ['GET', /^\/api\/imports$/, () => ({ data: state.imports.map(bare) })],
  ['POST', /^\/api\/imports$/, (_, { form }) => ({ data: bare(parseImport(form.name, form.content)) })],
  ['GET', /^\/api\/imports\/([^/]+)$/, ([id]) => ({ data: bare(importOf(id)) })],
  ['GET', /^\/api\/imports\/([^/]+)\/preview$/, ([id], { query }) => {
    const found = importOf(id);
    const rows = found.rows.filter((row) => !query.get('status') || row.status === query.get('status')).map((row) => without(row, 'record'));
    const effects = {
      positions: [{ account_id: accountId, security_id: uuid('security AAPL'), symbol: 'XNAS:AAPL', quantity_before: '182', quantity_after: '187' }],
      cash: [{ account_id: accountId, currency: 'USD', before: { amount: '6014.96', currency: 'USD' }, after: { amount: '5351.16', currency: 'USD' } }],
      realized_gain: { absent: { code: 'not_applicable', why: 'nothing is disposed of' } },
    };
    return answer('ledger.import_preview@1.0.0', { rows, counts: found.counts, effects, warnings: [] }, { page: { limit: 500, has_more: false } });
  }],
  ['POST', /^\/api\/imports\/([^/]+)\/commit$/, ([id]) => {
    const found = importOf(id);
    const from = state.transactions.length + 1;
    for (const row of found.rows) if (row.status === 'ok') state.transactions.push({ ...transactionOf(row.record, state.transactions.length + 1), import_id: id });
    Object.assign(found, { status: 'committed', entries: { from, to: state.transactions.length } });
    return answer('ledger.import@1.0.0', { commit });
  }],
];

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
// The same policy as the server's: a page that needs more must fail here already.
const policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; img-src 'self' data:";

function serveFile(path, response) {
  const name = extname(path) ? path : '/index.html';
  const found = join(dist, name);
  if (!existsSync(found)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'Content-Type': types[extname(name)] ?? 'application/octet-stream', 'Content-Security-Policy': policy }).end(readFileSync(found));
}

function readForm(buffer, type) {
  const boundary = /boundary=(.+)$/.exec(type)?.[1];
  const part = buffer.toString('utf8').split(`--${boundary}`).find((candidate) => candidate.includes('filename='));
  const name = /filename="([^"]*)"/.exec(part ?? '')?.[1] ?? 'file.csv';
  return { name, content: (part ?? '').split('\r\n\r\n').slice(1).join('\r\n\r\n').replace(/\r\n$/, '').replaceAll('\r\n', '\n') };
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://fixture');
  if (url.pathname === '/health/pack') {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ status: 'fresh', date: asOf }));
    return;
  }
  if (!url.pathname.startsWith('/api/')) {
    serveFile(url.pathname, response);
    return;
  }
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const buffer = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  const send = (status, body, media = 'application/json') => {
    response.writeHead(status, { 'Content-Type': media, ETag: '"v1"' });
    response.end(body === null ? undefined : JSON.stringify(body));
  };
  try {
    const route = routes.find(([method, path]) => method === request.method && path.test(url.pathname));
    if (!route) throw new Problem(404, 'route_not_found', `there is no route ${request.method} ${url.pathname}`);
    const signedIn = /dawsos_session=fixture/.test(request.headers.cookie ?? '');
    if (!signedIn && route[3] !== true && route[3] !== 'in') throw new Problem(401, 'not_authenticated', 'sign in first');
    const body = type.includes('json') ? JSON.parse(buffer.toString() || '{}') : {};
    const form = type.includes('multipart') ? readForm(buffer, type) : undefined;
    const result = route[2](route[1].exec(url.pathname).slice(1), { body, form, query: url.searchParams, key: request.headers['idempotency-key'] });
    if (route[3] === 'in') response.setHeader('Set-Cookie', 'dawsos_session=fixture; HttpOnly; SameSite=Lax; Path=/');
    if (route[3] === 'out') response.setHeader('Set-Cookie', 'dawsos_session=; Max-Age=0; Path=/');
    send(result === null ? 204 : request.method === 'POST' ? 201 : 200, result);
  } catch (error) {
    if (error instanceof Problem) send(error.status, error.body, 'application/problem+json');
    else {
      console.error(error);
      send(500, { title: 'fixture failed', status: 500, code: 'internal_error', detail: String(error) }, 'application/problem+json');
    }
  }
});

server.listen(port, '127.0.0.1', () => console.log(`fixture on http://127.0.0.1:${server.address().port}`));
