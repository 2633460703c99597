-- Portfolios and accounts, the ledger of record, and the projections that follow from it.

CREATE TABLE dawsos.portfolios (
    user_id uuid REFERENCES dawsos.users (id),
    id uuid,
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 2000),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived', 'erasing')),
    ledger_seq bigint NOT NULL DEFAULT 0,
    ledger_commit bytea NOT NULL,
    base_currency char(3) NOT NULL REFERENCES dawsos.currencies (code),
    benchmark_id text CHECK (length(benchmark_id) BETWEEN 1 AND 64),
    cost_basis_method text NOT NULL DEFAULT 'fifo' CHECK (cost_basis_method IN ('fifo', 'lifo', 'hifo', 'average', 'specific', 'minimum_tax')),
    valuation_calendar text NOT NULL DEFAULT 'all_days' CHECK (length(valuation_calendar) BETWEEN 1 AND 32),
    risk_free text CHECK (length(risk_free) BETWEEN 1 AND 64),
    tax_profile jsonb,
    opened_on date,
    demo boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    CONSTRAINT portfolios_ledger_commit_check CHECK (octet_length(ledger_commit) = 32),
    CONSTRAINT portfolios_ledger_seq_check CHECK (ledger_seq >= 0)
);
COMMENT ON TABLE dawsos.portfolios IS '[T P] Books of a user; the head of the ledger and the settings projected from it.';
COMMENT ON COLUMN dawsos.portfolios.user_id IS 'owner';
COMMENT ON COLUMN dawsos.portfolios.id IS 'UUIDv7';
COMMENT ON COLUMN dawsos.portfolios.version IS 'raised by each change; the ETag';
COMMENT ON COLUMN dawsos.portfolios.name IS 'name on screen';
COMMENT ON COLUMN dawsos.portfolios.description IS 'free text';
COMMENT ON COLUMN dawsos.portfolios.status IS 'archived books are read-only';
COMMENT ON COLUMN dawsos.portfolios.ledger_seq IS 'number of the last entry, 0 for none';
COMMENT ON COLUMN dawsos.portfolios.ledger_commit IS 'commit of the last entry; of an empty ledger SHA-256(''dawsos-ledger-v1'' ‖ id)';
COMMENT ON COLUMN dawsos.portfolios.base_currency IS 'projected: currency of totals and gains';
COMMENT ON COLUMN dawsos.portfolios.benchmark_id IS 'projected: what it is compared with';
COMMENT ON COLUMN dawsos.portfolios.cost_basis_method IS 'projected: which lots a sale closes';
COMMENT ON COLUMN dawsos.portfolios.valuation_calendar IS 'projected: days that have a value';
COMMENT ON COLUMN dawsos.portfolios.risk_free IS 'projected: series or constant that excess returns refer to';
COMMENT ON COLUMN dawsos.portfolios.tax_profile IS 'projected: tax rates and rules';
COMMENT ON COLUMN dawsos.portfolios.opened_on IS 'projected: date of the first entry';
COMMENT ON COLUMN dawsos.portfolios.demo IS 'invented trades, named so on screen';
COMMENT ON COLUMN dawsos.portfolios.created_at IS 'when the row was written';
CREATE UNIQUE INDEX portfolios_name_key ON dawsos.portfolios (user_id, lower(name)) WHERE status = 'active';
CREATE UNIQUE INDEX portfolios_id_key ON dawsos.portfolios (id);

CREATE TABLE dawsos.portfolio_shares (
    id uuid PRIMARY KEY,
    owner_user_id uuid NOT NULL,
    portfolio_id uuid NOT NULL,
    grantee_user_id uuid NOT NULL REFERENCES dawsos.users (id) ON DELETE CASCADE,
    amounts text NOT NULL DEFAULT 'shown' CHECK (amounts IN ('shown', 'hidden')),
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT portfolio_shares_portfolio_id_fkey FOREIGN KEY (owner_user_id, portfolio_id) REFERENCES dawsos.portfolios (user_id, id) ON DELETE CASCADE,
    CONSTRAINT portfolio_shares_grantee_check CHECK (grantee_user_id <> owner_user_id)
);
COMMENT ON TABLE dawsos.portfolio_shares IS '[S own] Read access to a portfolio that its owner gives to another user.';
COMMENT ON COLUMN dawsos.portfolio_shares.id IS 'UUIDv7';
COMMENT ON COLUMN dawsos.portfolio_shares.owner_user_id IS 'who shares';
COMMENT ON COLUMN dawsos.portfolio_shares.portfolio_id IS 'what is shared';
COMMENT ON COLUMN dawsos.portfolio_shares.grantee_user_id IS 'who may read';
COMMENT ON COLUMN dawsos.portfolio_shares.amounts IS 'whether money is shown or only weights and returns';
COMMENT ON COLUMN dawsos.portfolio_shares.expires_at IS 'end of the access';
COMMENT ON COLUMN dawsos.portfolio_shares.revoked_at IS 'when it was withdrawn';
COMMENT ON COLUMN dawsos.portfolio_shares.created_at IS 'when the row was written';
CREATE UNIQUE INDEX portfolio_shares_grantee_key ON dawsos.portfolio_shares (portfolio_id, grantee_user_id) WHERE revoked_at IS NULL;
CREATE INDEX portfolio_shares_grantee_idx ON dawsos.portfolio_shares (grantee_user_id) WHERE revoked_at IS NULL;

CREATE TABLE dawsos.accounts (
    user_id uuid,
    id uuid,
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    portfolio_id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    kind text NOT NULL CHECK (kind IN ('brokerage', 'retirement', 'bank', 'crypto', 'property', 'other')),
    institution text CHECK (length(institution) <= 120),
    currency char(3) NOT NULL REFERENCES dawsos.currencies (code),
    tax_treatment text NOT NULL DEFAULT 'taxable' CHECK (tax_treatment IN ('taxable', 'deferred', 'exempt')),
    cost_basis_method text CHECK (cost_basis_method IN ('fifo', 'lifo', 'hifo', 'average', 'specific', 'minimum_tax')),
    allow_short boolean NOT NULL DEFAULT false,
    opened_on date,
    closed_on date,
    external_ref text CHECK (length(external_ref) <= 120),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    CONSTRAINT accounts_portfolio_key UNIQUE (user_id, portfolio_id, id),
    CONSTRAINT accounts_portfolio_id_fkey FOREIGN KEY (user_id, portfolio_id) REFERENCES dawsos.portfolios (user_id, id),
    CONSTRAINT accounts_closed_on_check CHECK (closed_on >= opened_on)
);
COMMENT ON TABLE dawsos.accounts IS '[T P] Accounts of a portfolio at a broker or bank.';
COMMENT ON COLUMN dawsos.accounts.user_id IS 'owner';
COMMENT ON COLUMN dawsos.accounts.id IS 'UUIDv7';
COMMENT ON COLUMN dawsos.accounts.version IS 'raised by each change; the ETag';
COMMENT ON COLUMN dawsos.accounts.portfolio_id IS 'portfolio that it belongs to';
COMMENT ON COLUMN dawsos.accounts.name IS 'name on screen';
COMMENT ON COLUMN dawsos.accounts.kind IS 'sort of account';
COMMENT ON COLUMN dawsos.accounts.institution IS 'who keeps it';
COMMENT ON COLUMN dawsos.accounts.currency IS 'main currency of its cash';
COMMENT ON COLUMN dawsos.accounts.tax_treatment IS 'how its gains are taxed';
COMMENT ON COLUMN dawsos.accounts.cost_basis_method IS 'overrides the portfolio''s';
COMMENT ON COLUMN dawsos.accounts.allow_short IS 'whether more may be sold than is held';
COMMENT ON COLUMN dawsos.accounts.opened_on IS 'first day';
COMMENT ON COLUMN dawsos.accounts.closed_on IS 'last day';
COMMENT ON COLUMN dawsos.accounts.external_ref IS 'number at the institution, as imports name it';
COMMENT ON COLUMN dawsos.accounts.created_at IS 'when the row was written';
CREATE UNIQUE INDEX accounts_name_key ON dawsos.accounts (user_id, portfolio_id, lower(name));

CREATE TABLE dawsos.ledger_entries (
    user_id uuid,
    portfolio_id uuid,
    seq bigint CHECK (seq > 0),
    entry_id uuid NOT NULL,
    action text NOT NULL CHECK (action IN ('record', 'void', 'amend')),
    kind text NOT NULL CHECK (kind IN ('buy', 'sell', 'dividend', 'interest', 'fee', 'tax', 'deposit', 'withdrawal', 'transfer_in', 'transfer_out', 'fx', 'split', 'stock_dividend', 'spin_off', 'merger', 'return_of_capital', 'adjustment', 'setting', 'manual_price')),
    target_seq bigint,
    account_id uuid,
    security_id uuid REFERENCES dawsos.securities (id),
    effective_on date NOT NULL,
    payload jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
    prev_commit bytea NOT NULL CHECK (octet_length(prev_commit) = 32),
    commit bytea NOT NULL CHECK (octet_length(commit) = 32),
    source text NOT NULL CHECK (source IN ('manual', 'import', 'provider', 'api')),
    import_id uuid,
    external_id text CHECK (length(external_id) BETWEEN 1 AND 200),
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL,
    PRIMARY KEY (user_id, portfolio_id, seq),
    CONSTRAINT ledger_entries_entry_id_key UNIQUE (user_id, entry_id),
    CONSTRAINT ledger_entries_commit_key UNIQUE (user_id, portfolio_id, commit),
    CONSTRAINT ledger_entries_portfolio_id_fkey FOREIGN KEY (user_id, portfolio_id) REFERENCES dawsos.portfolios (user_id, id),
    CONSTRAINT ledger_entries_account_id_fkey FOREIGN KEY (user_id, portfolio_id, account_id) REFERENCES dawsos.accounts (user_id, portfolio_id, id),
    CONSTRAINT ledger_entries_target_seq_fkey FOREIGN KEY (user_id, portfolio_id, target_seq) REFERENCES dawsos.ledger_entries (user_id, portfolio_id, seq),
    CONSTRAINT ledger_entries_target_check CHECK ((action = 'record') = (target_seq IS NULL)),
    CONSTRAINT ledger_entries_target_seq_check CHECK (target_seq < seq)
);
COMMENT ON TABLE dawsos.ledger_entries IS '[T P] The ledger of record: every entry ever written, chained by commits. Never changed.';
COMMENT ON COLUMN dawsos.ledger_entries.user_id IS 'owner';
COMMENT ON COLUMN dawsos.ledger_entries.portfolio_id IS 'whose ledger';
COMMENT ON COLUMN dawsos.ledger_entries.seq IS 'position in the ledger, from 1 without gaps';
COMMENT ON COLUMN dawsos.ledger_entries.entry_id IS 'UUIDv7 of the entry, and id of its transaction';
COMMENT ON COLUMN dawsos.ledger_entries.action IS 'adds, withdraws or replaces';
COMMENT ON COLUMN dawsos.ledger_entries.kind IS 'what is recorded';
COMMENT ON COLUMN dawsos.ledger_entries.target_seq IS 'entry that is withdrawn or replaced';
COMMENT ON COLUMN dawsos.ledger_entries.account_id IS 'account of a transaction';
COMMENT ON COLUMN dawsos.ledger_entries.security_id IS 'security of a transaction or price';
COMMENT ON COLUMN dawsos.ledger_entries.effective_on IS 'date from which it counts';
COMMENT ON COLUMN dawsos.ledger_entries.payload IS 'the rest of the entry';
COMMENT ON COLUMN dawsos.ledger_entries.prev_commit IS 'commit of the entry before';
COMMENT ON COLUMN dawsos.ledger_entries.commit IS 'SHA-256(prev_commit ‖ canonical JSON of the entry)';
COMMENT ON COLUMN dawsos.ledger_entries.source IS 'how it came in';
COMMENT ON COLUMN dawsos.ledger_entries.import_id IS 'import that brought it';
COMMENT ON COLUMN dawsos.ledger_entries.external_id IS 'id at the institution';
COMMENT ON COLUMN dawsos.ledger_entries.recorded_at IS 'when it was written';
COMMENT ON COLUMN dawsos.ledger_entries.recorded_by IS 'who wrote it';
CREATE UNIQUE INDEX ledger_entries_target_seq_key ON dawsos.ledger_entries (user_id, portfolio_id, target_seq) WHERE action IN ('void', 'amend');
CREATE INDEX ledger_entries_external_id_idx ON dawsos.ledger_entries (user_id, account_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX ledger_entries_effective_on_idx ON dawsos.ledger_entries (user_id, portfolio_id, effective_on, seq);
CREATE INDEX ledger_entries_security_idx ON dawsos.ledger_entries (user_id, portfolio_id, security_id, seq);

CREATE FUNCTION dawsos.ledger_entries_chain() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    part record;
    head record;
BEGIN
    FOR part IN
        SELECT user_id, portfolio_id, min(seq) AS first_seq, max(seq) AS last_seq, count(*) AS entries
        FROM added GROUP BY user_id, portfolio_id
    LOOP
        SELECT ledger_seq, ledger_commit INTO head
        FROM dawsos.portfolios
        WHERE user_id = part.user_id AND id = part.portfolio_id
        FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'portfolio % has no ledger here', part.portfolio_id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF part.first_seq <> head.ledger_seq + 1 OR part.entries <> part.last_seq - part.first_seq + 1 THEN
            RAISE EXCEPTION 'ledger sequence: expected % onwards without gap, got % to % in % entries',
                head.ledger_seq + 1, part.first_seq, part.last_seq, part.entries
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'ledger_entries_sequence';
        END IF;
        IF EXISTS (
            SELECT FROM (
                SELECT prev_commit, lag(commit, 1, head.ledger_commit) OVER (ORDER BY seq) AS expected
                FROM added
                WHERE user_id = part.user_id AND portfolio_id = part.portfolio_id
            ) AS links
            WHERE prev_commit <> expected
        ) THEN
            RAISE EXCEPTION 'ledger chain: an entry does not continue the commit before it'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'ledger_entries_chain';
        END IF;
        UPDATE dawsos.portfolios
        SET ledger_seq = part.last_seq,
            ledger_commit = (
                SELECT commit FROM added
                WHERE user_id = part.user_id AND portfolio_id = part.portfolio_id AND seq = part.last_seq
            )
        WHERE user_id = part.user_id AND id = part.portfolio_id;
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dawsos.ledger_entries_chain() IS 'entries continue the head without gap, their commits chain, and the head moves with them';
CREATE TRIGGER ledger_entries_chain_trg
    AFTER INSERT ON dawsos.ledger_entries
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.ledger_entries_chain();
CREATE TRIGGER ledger_entries_immutable_trg
    BEFORE UPDATE OR DELETE OR TRUNCATE ON dawsos.ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.refuse_change();

CREATE FUNCTION dawsos.portfolios_head() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.ledger_seq <> 0
           OR NEW.ledger_commit <> sha256(convert_to('dawsos-ledger-v1', 'UTF8') || uuid_send(NEW.id)) THEN
            RAISE EXCEPTION 'a new portfolio begins with an empty ledger'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'portfolios_head';
        END IF;
    ELSIF NOT EXISTS (
        SELECT FROM dawsos.ledger_entries
        WHERE user_id = NEW.user_id AND portfolio_id = NEW.id AND seq = NEW.ledger_seq AND commit = NEW.ledger_commit
    ) OR EXISTS (
        SELECT FROM dawsos.ledger_entries
        WHERE user_id = NEW.user_id AND portfolio_id = NEW.id AND seq > NEW.ledger_seq
    ) THEN
        RAISE EXCEPTION 'the head of a ledger is its last entry'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'portfolios_head';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION dawsos.portfolios_head() IS 'the head of a portfolio is the last entry of its ledger, and nothing else';
CREATE TRIGGER portfolios_head_insert_trg
    AFTER INSERT ON dawsos.portfolios
    FOR EACH ROW EXECUTE FUNCTION dawsos.portfolios_head();
CREATE TRIGGER portfolios_head_update_trg
    AFTER UPDATE ON dawsos.portfolios
    FOR EACH ROW
    WHEN (OLD.ledger_seq IS DISTINCT FROM NEW.ledger_seq OR OLD.ledger_commit IS DISTINCT FROM NEW.ledger_commit
          OR OLD.id <> NEW.id OR OLD.user_id <> NEW.user_id)
    EXECUTE FUNCTION dawsos.portfolios_head();

CREATE TABLE dawsos.transactions (
    user_id uuid,
    id uuid,
    portfolio_id uuid NOT NULL,
    account_id uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    kind text NOT NULL CHECK (kind IN ('buy', 'sell', 'dividend', 'interest', 'fee', 'tax', 'deposit', 'withdrawal', 'transfer_in', 'transfer_out', 'fx', 'split', 'stock_dividend', 'spin_off', 'merger', 'return_of_capital', 'adjustment')),
    security_id uuid,
    trade_date date NOT NULL,
    settlement_date date,
    ex_date date,
    pay_date date,
    quantity numeric(28, 12),
    price numeric(28, 12),
    gross_amount numeric(28, 10) NOT NULL,
    fees numeric(28, 10) NOT NULL DEFAULT 0,
    taxes numeric(28, 10) NOT NULL DEFAULT 0,
    net_amount numeric(28, 10) NOT NULL,
    currency char(3) NOT NULL,
    fx_rate numeric(28, 14),
    fx_quote char(3),
    base_gross numeric(28, 10),
    base_net numeric(28, 10),
    is_external_flow boolean NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'voided', 'amended')),
    amended_by uuid,
    group_id uuid,
    external_id text CHECK (length(external_id) BETWEEN 1 AND 200),
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 2000),
    tags text[] NOT NULL DEFAULT '{}' CHECK (cardinality(tags) <= 50),
    PRIMARY KEY (user_id, id),
    CONSTRAINT transactions_trade_check CHECK (kind NOT IN ('buy', 'sell') OR (security_id IS NOT NULL AND quantity > 0 AND price >= 0)),
    CONSTRAINT transactions_pay_date_check CHECK (kind NOT IN ('dividend', 'interest') OR pay_date >= ex_date),
    CONSTRAINT transactions_fx_rate_check CHECK (fx_rate > 0)
);
COMMENT ON TABLE dawsos.transactions IS '[T P] Projection of the ledger: what each transaction came to.';
COMMENT ON COLUMN dawsos.transactions.user_id IS 'owner';
COMMENT ON COLUMN dawsos.transactions.id IS 'entry_id of the entry that recorded it';
COMMENT ON COLUMN dawsos.transactions.portfolio_id IS 'whose book';
COMMENT ON COLUMN dawsos.transactions.account_id IS 'account';
COMMENT ON COLUMN dawsos.transactions.seq IS 'entry that recorded it';
COMMENT ON COLUMN dawsos.transactions.kind IS 'kind of transaction';
COMMENT ON COLUMN dawsos.transactions.security_id IS 'security';
COMMENT ON COLUMN dawsos.transactions.trade_date IS 'date from which it counts';
COMMENT ON COLUMN dawsos.transactions.settlement_date IS 'date of settlement';
COMMENT ON COLUMN dawsos.transactions.ex_date IS 'first day without the dividend';
COMMENT ON COLUMN dawsos.transactions.pay_date IS 'day of payment';
COMMENT ON COLUMN dawsos.transactions.quantity IS 'units';
COMMENT ON COLUMN dawsos.transactions.price IS 'price of one unit in currency';
COMMENT ON COLUMN dawsos.transactions.gross_amount IS 'before fees and taxes, in currency';
COMMENT ON COLUMN dawsos.transactions.fees IS 'sum of fees, in currency';
COMMENT ON COLUMN dawsos.transactions.taxes IS 'sum of taxes, in currency';
COMMENT ON COLUMN dawsos.transactions.net_amount IS 'signed change of cash in currency, + into cash';
COMMENT ON COLUMN dawsos.transactions.currency IS 'currency of the amounts';
COMMENT ON COLUMN dawsos.transactions.fx_rate IS 'units of fx_quote for one unit of currency';
COMMENT ON COLUMN dawsos.transactions.fx_quote IS 'base currency of the portfolio at that time';
COMMENT ON COLUMN dawsos.transactions.base_gross IS 'gross amount in the base currency';
COMMENT ON COLUMN dawsos.transactions.base_net IS 'net amount in the base currency';
COMMENT ON COLUMN dawsos.transactions.is_external_flow IS 'whether money or securities crossed the border of the portfolio';
COMMENT ON COLUMN dawsos.transactions.status IS 'whether it still counts';
COMMENT ON COLUMN dawsos.transactions.amended_by IS 'transaction that replaces it, or entry that withdrew it';
COMMENT ON COLUMN dawsos.transactions.group_id IS 'legs that belong together';
COMMENT ON COLUMN dawsos.transactions.external_id IS 'id at the institution';
COMMENT ON COLUMN dawsos.transactions.note IS 'free text';
COMMENT ON COLUMN dawsos.transactions.tags IS 'words of the user';
CREATE INDEX transactions_trade_date_idx ON dawsos.transactions (user_id, portfolio_id, trade_date DESC, seq DESC);
CREATE INDEX transactions_security_idx ON dawsos.transactions (user_id, portfolio_id, security_id, trade_date);
CREATE INDEX transactions_tags_idx ON dawsos.transactions USING gin (tags) WHERE tags <> '{}';
CREATE UNIQUE INDEX transactions_external_id_key ON dawsos.transactions (user_id, account_id, external_id) WHERE status = 'active' AND external_id IS NOT NULL;

CREATE TABLE dawsos.lots (
    user_id uuid,
    id uuid,
    portfolio_id uuid NOT NULL,
    account_id uuid NOT NULL,
    security_id uuid NOT NULL,
    opened_seq bigint NOT NULL CHECK (opened_seq > 0),
    acquired_on date NOT NULL,
    holding_started_on date NOT NULL,
    quantity_original numeric(28, 12) NOT NULL,
    quantity_open numeric(28, 12) NOT NULL,
    cost_basis numeric(28, 10) NOT NULL,
    cost_currency char(3) NOT NULL,
    cost_per_unit numeric(28, 12) NOT NULL,
    fx_rate_to_base numeric(28, 14) NOT NULL,
    wash_sale_adjustment numeric(28, 10) NOT NULL DEFAULT 0,
    closed_on date,
    PRIMARY KEY (user_id, id),
    CONSTRAINT lots_quantity_original_check CHECK (quantity_original <> 0),
    CONSTRAINT lots_quantity_open_check CHECK (CASE WHEN quantity_original > 0 THEN quantity_open BETWEEN 0 AND quantity_original ELSE quantity_open BETWEEN quantity_original AND 0 END),
    CONSTRAINT lots_closed_check CHECK ((quantity_open = 0) = (closed_on IS NOT NULL)),
    CONSTRAINT lots_closed_on_check CHECK (closed_on >= acquired_on),
    CONSTRAINT lots_fx_rate_check CHECK (fx_rate_to_base > 0)
);
COMMENT ON TABLE dawsos.lots IS '[T P] Projection of the ledger: parcels of a security bought together.';
COMMENT ON COLUMN dawsos.lots.user_id IS 'owner';
COMMENT ON COLUMN dawsos.lots.id IS 'UUIDv5 of the entry that opened it and the part of it';
COMMENT ON COLUMN dawsos.lots.portfolio_id IS 'whose book';
COMMENT ON COLUMN dawsos.lots.account_id IS 'account that holds it';
COMMENT ON COLUMN dawsos.lots.security_id IS 'what is held';
COMMENT ON COLUMN dawsos.lots.opened_seq IS 'entry that opened it here';
COMMENT ON COLUMN dawsos.lots.acquired_on IS 'day of purchase; a transfer keeps it';
COMMENT ON COLUMN dawsos.lots.holding_started_on IS 'start of the holding period; a transfer keeps it';
COMMENT ON COLUMN dawsos.lots.quantity_original IS 'units bought; a split rescales it';
COMMENT ON COLUMN dawsos.lots.quantity_open IS 'units still held';
COMMENT ON COLUMN dawsos.lots.cost_basis IS 'cost of the open units in cost_currency, fees included';
COMMENT ON COLUMN dawsos.lots.cost_currency IS 'currency of the cost';
COMMENT ON COLUMN dawsos.lots.cost_per_unit IS 'cost of one open unit in cost_currency';
COMMENT ON COLUMN dawsos.lots.fx_rate_to_base IS 'base currency for one unit of cost_currency on the day of purchase';
COMMENT ON COLUMN dawsos.lots.wash_sale_adjustment IS 'disallowed loss added to the cost';
COMMENT ON COLUMN dawsos.lots.closed_on IS 'day on which the last unit left';
CREATE INDEX lots_portfolio_idx ON dawsos.lots (user_id, portfolio_id, security_id);
CREATE INDEX lots_open_idx ON dawsos.lots (user_id, portfolio_id, security_id, acquired_on) WHERE closed_on IS NULL;

CREATE TABLE dawsos.lot_events (
    user_id uuid,
    lot_id uuid,
    seq bigint CHECK (seq > 0),
    part integer CHECK (part >= 0),
    portfolio_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('open', 'dispose', 'split', 'transfer_out', 'transfer_in', 'basis_change')),
    effective_on date NOT NULL,
    quantity_delta numeric(28, 12) NOT NULL,
    cost_delta numeric(28, 10) NOT NULL,
    proceeds numeric(28, 10),
    realized_price_gain numeric(28, 10),
    realized_fx_gain numeric(28, 10),
    realized_gain numeric(28, 10),
    term text CHECK (term IN ('short', 'long')),
    PRIMARY KEY (user_id, lot_id, seq, part),
    CONSTRAINT lot_events_lot_id_fkey FOREIGN KEY (user_id, lot_id) REFERENCES dawsos.lots (user_id, id) ON DELETE CASCADE DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT lot_events_realized_gain_check CHECK (realized_gain = realized_price_gain + realized_fx_gain)
);
COMMENT ON TABLE dawsos.lot_events IS '[T P] Projection of the ledger: what happened to a lot, with the realised gain.';
COMMENT ON COLUMN dawsos.lot_events.user_id IS 'owner';
COMMENT ON COLUMN dawsos.lot_events.lot_id IS 'which lot';
COMMENT ON COLUMN dawsos.lot_events.seq IS 'entry that caused it';
COMMENT ON COLUMN dawsos.lot_events.part IS 'number among the events of that entry';
COMMENT ON COLUMN dawsos.lot_events.portfolio_id IS 'whose book';
COMMENT ON COLUMN dawsos.lot_events.kind IS 'what happened';
COMMENT ON COLUMN dawsos.lot_events.effective_on IS 'when';
COMMENT ON COLUMN dawsos.lot_events.quantity_delta IS 'change of the open units';
COMMENT ON COLUMN dawsos.lot_events.cost_delta IS 'change of the cost in the lot''s currency';
COMMENT ON COLUMN dawsos.lot_events.proceeds IS 'net proceeds in the lot''s currency';
COMMENT ON COLUMN dawsos.lot_events.realized_price_gain IS 'part of the gain that the price made, in base currency';
COMMENT ON COLUMN dawsos.lot_events.realized_fx_gain IS 'part of the gain that the currency made, in base currency';
COMMENT ON COLUMN dawsos.lot_events.realized_gain IS 'gain in base currency';
COMMENT ON COLUMN dawsos.lot_events.term IS 'holding period of a disposal';
CREATE INDEX lot_events_portfolio_idx ON dawsos.lot_events (user_id, portfolio_id, effective_on);

CREATE TABLE dawsos.positions (
    user_id uuid,
    portfolio_id uuid,
    account_id uuid,
    security_id uuid,
    quantity numeric(28, 12) NOT NULL,
    quantity_pending numeric(28, 12) NOT NULL DEFAULT 0,
    cost_basis numeric(28, 10) NOT NULL,
    cost_currency char(3) NOT NULL,
    lot_count integer NOT NULL CHECK (lot_count >= 0),
    first_acquired_on date,
    last_seq bigint NOT NULL CHECK (last_seq > 0),
    PRIMARY KEY (user_id, portfolio_id, account_id, security_id)
);
COMMENT ON TABLE dawsos.positions IS '[T P] Projection of the ledger: what an account holds now.';
COMMENT ON COLUMN dawsos.positions.user_id IS 'owner';
COMMENT ON COLUMN dawsos.positions.portfolio_id IS 'whose book';
COMMENT ON COLUMN dawsos.positions.account_id IS 'account that holds it';
COMMENT ON COLUMN dawsos.positions.security_id IS 'what is held';
COMMENT ON COLUMN dawsos.positions.quantity IS 'units';
COMMENT ON COLUMN dawsos.positions.quantity_pending IS 'units traded and not yet settled';
COMMENT ON COLUMN dawsos.positions.cost_basis IS 'cost of the open lots in cost_currency';
COMMENT ON COLUMN dawsos.positions.cost_currency IS 'currency of the cost';
COMMENT ON COLUMN dawsos.positions.lot_count IS 'open lots';
COMMENT ON COLUMN dawsos.positions.first_acquired_on IS 'oldest open lot';
COMMENT ON COLUMN dawsos.positions.last_seq IS 'last entry that touched it';

CREATE TABLE dawsos.cash_balances (
    user_id uuid,
    account_id uuid,
    currency char(3),
    portfolio_id uuid NOT NULL,
    settled numeric(28, 10) NOT NULL,
    pending numeric(28, 10) NOT NULL DEFAULT 0,
    last_seq bigint NOT NULL CHECK (last_seq > 0),
    PRIMARY KEY (user_id, account_id, currency)
);
COMMENT ON TABLE dawsos.cash_balances IS '[T P] Projection of the ledger: cash of an account by currency.';
COMMENT ON COLUMN dawsos.cash_balances.user_id IS 'owner';
COMMENT ON COLUMN dawsos.cash_balances.account_id IS 'account that holds it';
COMMENT ON COLUMN dawsos.cash_balances.currency IS 'currency';
COMMENT ON COLUMN dawsos.cash_balances.portfolio_id IS 'whose book';
COMMENT ON COLUMN dawsos.cash_balances.settled IS 'amount';
COMMENT ON COLUMN dawsos.cash_balances.pending IS 'amount of unsettled trades';
COMMENT ON COLUMN dawsos.cash_balances.last_seq IS 'last entry that touched it';
CREATE INDEX cash_balances_portfolio_idx ON dawsos.cash_balances (user_id, portfolio_id);

CREATE TABLE dawsos.cash_flows (
    user_id uuid,
    portfolio_id uuid,
    seq bigint CHECK (seq > 0),
    part integer CHECK (part >= 0),
    effective_on date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('external', 'income', 'fee', 'tax', 'trade', 'fx')),
    amount numeric(28, 10) NOT NULL,
    currency char(3) NOT NULL,
    base_amount numeric(28, 10) NOT NULL,
    PRIMARY KEY (user_id, portfolio_id, seq, part)
);
COMMENT ON TABLE dawsos.cash_flows IS '[T P] Projection of the ledger: each movement of cash or value.';
COMMENT ON COLUMN dawsos.cash_flows.user_id IS 'owner';
COMMENT ON COLUMN dawsos.cash_flows.portfolio_id IS 'whose book';
COMMENT ON COLUMN dawsos.cash_flows.seq IS 'entry that caused it';
COMMENT ON COLUMN dawsos.cash_flows.part IS 'number among the flows of that entry';
COMMENT ON COLUMN dawsos.cash_flows.effective_on IS 'when';
COMMENT ON COLUMN dawsos.cash_flows.kind IS 'what for';
COMMENT ON COLUMN dawsos.cash_flows.amount IS 'signed amount in currency';
COMMENT ON COLUMN dawsos.cash_flows.currency IS 'currency';
COMMENT ON COLUMN dawsos.cash_flows.base_amount IS 'signed amount in base currency';
CREATE INDEX cash_flows_external_idx ON dawsos.cash_flows (user_id, portfolio_id, effective_on) WHERE kind = 'external';

CREATE TABLE dawsos.manual_prices (
    user_id uuid,
    portfolio_id uuid,
    security_id uuid,
    date date,
    price numeric(28, 12) NOT NULL,
    currency char(3) NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    PRIMARY KEY (user_id, portfolio_id, security_id, date),
    CONSTRAINT manual_prices_price_check CHECK (price > 0)
);
COMMENT ON TABLE dawsos.manual_prices IS '[T P] Projection of the ledger: prices that the user gave.';
COMMENT ON COLUMN dawsos.manual_prices.user_id IS 'owner';
COMMENT ON COLUMN dawsos.manual_prices.portfolio_id IS 'whose book';
COMMENT ON COLUMN dawsos.manual_prices.security_id IS 'what is priced';
COMMENT ON COLUMN dawsos.manual_prices.date IS 'day of the price';
COMMENT ON COLUMN dawsos.manual_prices.price IS 'price of one unit in currency';
COMMENT ON COLUMN dawsos.manual_prices.currency IS 'currency';
COMMENT ON COLUMN dawsos.manual_prices.seq IS 'entry that gave it';

-- Projections follow from ledger entries, whose foreign keys keep accounts, securities and portfolios from being deleted.
-- What a projection refers to is therefore checked when it is written, once per statement: a foreign key would look up
-- each of 100,000 rows on its own, which doubles the time of a large import.
CREATE FUNCTION dawsos.projections_refer() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    missing text;
BEGIN
    -- The arguments are pairs of a column and what it refers to.
    FOR i IN 0 .. TG_NARGS / 2 - 1 LOOP
        EXECUTE CASE TG_ARGV[2 * i + 1]
            WHEN 'accounts' THEN format(
                'SELECT child.%1$I::text FROM (SELECT DISTINCT user_id, portfolio_id, %1$I FROM added) AS child
                 WHERE NOT EXISTS (SELECT FROM dawsos.accounts AS parent WHERE parent.user_id = child.user_id
                     AND parent.portfolio_id = child.portfolio_id AND parent.id = child.%1$I) LIMIT 1', TG_ARGV[2 * i])
            WHEN 'portfolios' THEN format(
                'SELECT child.%1$I::text FROM (SELECT DISTINCT user_id, %1$I FROM added) AS child
                 WHERE NOT EXISTS (SELECT FROM dawsos.portfolios AS parent WHERE parent.user_id = child.user_id
                     AND parent.id = child.%1$I) LIMIT 1', TG_ARGV[2 * i])
            WHEN 'securities' THEN format(
                'SELECT child.%1$I::text FROM (SELECT DISTINCT %1$I FROM added WHERE %1$I IS NOT NULL) AS child
                 WHERE NOT EXISTS (SELECT FROM dawsos.securities AS parent WHERE parent.id = child.%1$I) LIMIT 1', TG_ARGV[2 * i])
            WHEN 'currencies' THEN format(
                'SELECT child.%1$I::text FROM (SELECT DISTINCT %1$I FROM added WHERE %1$I IS NOT NULL) AS child
                 WHERE NOT EXISTS (SELECT FROM dawsos.currencies AS parent WHERE parent.code = child.%1$I) LIMIT 1', TG_ARGV[2 * i])
        END INTO missing;
        IF missing IS NOT NULL THEN
            RAISE EXCEPTION '%.% refers to % in %, which is not there', TG_TABLE_NAME, TG_ARGV[2 * i], missing, TG_ARGV[2 * i + 1]
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_TABLE_NAME || '_' || TG_ARGV[2 * i] || '_refer';
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dawsos.projections_refer() IS 'accounts, portfolios, securities and currencies that projected rows name are there, and of the same user';
CREATE TRIGGER transactions_refer_insert_trg
    AFTER INSERT ON dawsos.transactions
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.projections_refer('account_id', 'accounts', 'security_id', 'securities', 'currency', 'currencies', 'fx_quote', 'currencies');
CREATE TRIGGER transactions_refer_update_trg
    AFTER UPDATE ON dawsos.transactions
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.projections_refer('account_id', 'accounts', 'security_id', 'securities', 'currency', 'currencies', 'fx_quote', 'currencies');
CREATE TRIGGER lots_refer_insert_trg
    AFTER INSERT ON dawsos.lots
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.projections_refer('account_id', 'accounts', 'security_id', 'securities', 'cost_currency', 'currencies');
CREATE TRIGGER lots_refer_update_trg
    AFTER UPDATE ON dawsos.lots
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.projections_refer('account_id', 'accounts', 'security_id', 'securities', 'cost_currency', 'currencies');
CREATE TRIGGER lot_events_refer_insert_trg
    AFTER INSERT ON dawsos.lot_events
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.projections_refer('portfolio_id', 'portfolios');
CREATE TRIGGER lot_events_refer_update_trg
    AFTER UPDATE ON dawsos.lot_events
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.projections_refer('portfolio_id', 'portfolios');
CREATE TRIGGER positions_refer_insert_trg
    AFTER INSERT ON dawsos.positions
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.projections_refer('account_id', 'accounts', 'security_id', 'securities', 'cost_currency', 'currencies');
CREATE TRIGGER positions_refer_update_trg
    AFTER UPDATE ON dawsos.positions
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.projections_refer('account_id', 'accounts', 'security_id', 'securities', 'cost_currency', 'currencies');
CREATE TRIGGER cash_balances_refer_insert_trg
    AFTER INSERT ON dawsos.cash_balances
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.projections_refer('account_id', 'accounts', 'currency', 'currencies');
CREATE TRIGGER cash_balances_refer_update_trg
    AFTER UPDATE ON dawsos.cash_balances
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.projections_refer('account_id', 'accounts', 'currency', 'currencies');
CREATE TRIGGER cash_flows_refer_insert_trg
    AFTER INSERT ON dawsos.cash_flows
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.projections_refer('portfolio_id', 'portfolios', 'currency', 'currencies');
CREATE TRIGGER cash_flows_refer_update_trg
    AFTER UPDATE ON dawsos.cash_flows
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.projections_refer('portfolio_id', 'portfolios', 'currency', 'currencies');
CREATE TRIGGER manual_prices_refer_insert_trg
    AFTER INSERT ON dawsos.manual_prices
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.projections_refer('portfolio_id', 'portfolios', 'security_id', 'securities', 'currency', 'currencies');
CREATE TRIGGER manual_prices_refer_update_trg
    AFTER UPDATE ON dawsos.manual_prices
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.projections_refer('portfolio_id', 'portfolios', 'security_id', 'securities', 'currency', 'currencies');

ALTER TABLE dawsos.user_settings
    ADD CONSTRAINT user_settings_default_portfolio_id_fkey FOREIGN KEY (user_id, default_portfolio_id)
    REFERENCES dawsos.portfolios (user_id, id);

-- What is shared with the user of this transaction. The owner of these functions has policies of its own.
CREATE FUNCTION dawsos.app_shared_portfolios() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT coalesce(array_agg(share.portfolio_id), '{}')
        FROM dawsos.portfolio_shares AS share
        WHERE share.grantee_user_id = dawsos.app_user_id()
          AND share.revoked_at IS NULL
          AND (share.expires_at IS NULL OR share.expires_at > now())
    $$;
COMMENT ON FUNCTION dawsos.app_shared_portfolios() IS 'portfolios that others share with the user of this transaction, not expired';

CREATE FUNCTION dawsos.app_shared_securities() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT coalesce(array_agg(DISTINCT entry.security_id), '{}')
        FROM dawsos.portfolio_shares AS share
        JOIN dawsos.ledger_entries AS entry
          ON entry.user_id = share.owner_user_id AND entry.portfolio_id = share.portfolio_id
        JOIN dawsos.securities AS security
          ON security.id = entry.security_id AND security.owner_user_id = share.owner_user_id
        WHERE share.grantee_user_id = dawsos.app_user_id()
          AND share.revoked_at IS NULL
          AND (share.expires_at IS NULL OR share.expires_at > now())
    $$;
COMMENT ON FUNCTION dawsos.app_shared_securities() IS 'private securities that a portfolio shared with the user of this transaction refers to';

CREATE FUNCTION dawsos.worker_next_portfolios(after uuid, batch integer)
    RETURNS TABLE (user_id uuid, portfolio_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT portfolio.user_id, portfolio.id
        FROM dawsos.portfolios AS portfolio
        WHERE portfolio.status = 'active' AND (after IS NULL OR portfolio.id > after)
        ORDER BY portfolio.id
        LIMIT least(batch, 10000)
    $$;
COMMENT ON FUNCTION dawsos.worker_next_portfolios(uuid, integer) IS 'walks all active portfolios in order of id, for jobs that then work for one user at a time';

ALTER TABLE dawsos.portfolios ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.portfolios FORCE ROW LEVEL SECURITY;
CREATE POLICY portfolios_select_app ON dawsos.portfolios
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()) OR id = ANY ((SELECT dawsos.app_shared_portfolios())::uuid[]));
COMMENT ON POLICY portfolios_select_app ON dawsos.portfolios IS 'the user reads its own rows and those of portfolios shared with it';
CREATE POLICY portfolios_insert_app ON dawsos.portfolios
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY portfolios_insert_app ON dawsos.portfolios IS 'the user adds rows of its own only';
CREATE POLICY portfolios_update_app ON dawsos.portfolios
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY portfolios_update_app ON dawsos.portfolios IS 'the user changes its own rows only';
CREATE POLICY portfolios_delete_app ON dawsos.portfolios
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY portfolios_delete_app ON dawsos.portfolios IS 'the user deletes its own rows only';
CREATE POLICY portfolios_select_worker ON dawsos.portfolios
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY portfolios_select_worker ON dawsos.portfolios IS 'a job reads the rows of the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.portfolios TO dawsos_app;
GRANT SELECT ON dawsos.portfolios TO dawsos_worker;
ALTER TABLE dawsos.accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY accounts_select_app ON dawsos.accounts
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()) OR portfolio_id = ANY ((SELECT dawsos.app_shared_portfolios())::uuid[]));
COMMENT ON POLICY accounts_select_app ON dawsos.accounts IS 'the user reads its own rows and those of portfolios shared with it';
CREATE POLICY accounts_insert_app ON dawsos.accounts
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY accounts_insert_app ON dawsos.accounts IS 'the user adds rows of its own only';
CREATE POLICY accounts_update_app ON dawsos.accounts
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY accounts_update_app ON dawsos.accounts IS 'the user changes its own rows only';
CREATE POLICY accounts_delete_app ON dawsos.accounts
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY accounts_delete_app ON dawsos.accounts IS 'the user deletes its own rows only';
CREATE POLICY accounts_select_worker ON dawsos.accounts
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY accounts_select_worker ON dawsos.accounts IS 'a job reads the rows of the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.accounts TO dawsos_app;
GRANT SELECT ON dawsos.accounts TO dawsos_worker;
ALTER TABLE dawsos.ledger_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.ledger_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY ledger_entries_select_app ON dawsos.ledger_entries
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()) OR portfolio_id = ANY ((SELECT dawsos.app_shared_portfolios())::uuid[]));
COMMENT ON POLICY ledger_entries_select_app ON dawsos.ledger_entries IS 'the user reads its own rows and those of portfolios shared with it';
CREATE POLICY ledger_entries_insert_app ON dawsos.ledger_entries
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY ledger_entries_insert_app ON dawsos.ledger_entries IS 'the user adds rows of its own only';
CREATE POLICY ledger_entries_update_app ON dawsos.ledger_entries
    FOR UPDATE TO dawsos_app
    USING (false);
COMMENT ON POLICY ledger_entries_update_app ON dawsos.ledger_entries IS 'nobody changes a row of this table';
CREATE POLICY ledger_entries_delete_app ON dawsos.ledger_entries
    FOR DELETE TO dawsos_app
    USING (false);
COMMENT ON POLICY ledger_entries_delete_app ON dawsos.ledger_entries IS 'nobody deletes a row of this table';
CREATE POLICY ledger_entries_select_worker ON dawsos.ledger_entries
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY ledger_entries_select_worker ON dawsos.ledger_entries IS 'a job reads the rows of the one user that it works for';
GRANT SELECT, INSERT ON dawsos.ledger_entries TO dawsos_app;
GRANT SELECT ON dawsos.ledger_entries TO dawsos_worker;
ALTER TABLE dawsos.transactions ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.transactions FORCE ROW LEVEL SECURITY;
CREATE POLICY transactions_select_app ON dawsos.transactions
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()) OR portfolio_id = ANY ((SELECT dawsos.app_shared_portfolios())::uuid[]));
COMMENT ON POLICY transactions_select_app ON dawsos.transactions IS 'the user reads its own rows and those of portfolios shared with it';
CREATE POLICY transactions_insert_app ON dawsos.transactions
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY transactions_insert_app ON dawsos.transactions IS 'the user adds rows of its own only';
CREATE POLICY transactions_update_app ON dawsos.transactions
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY transactions_update_app ON dawsos.transactions IS 'the user changes its own rows only';
CREATE POLICY transactions_delete_app ON dawsos.transactions
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY transactions_delete_app ON dawsos.transactions IS 'the user deletes its own rows only';
CREATE POLICY transactions_select_worker ON dawsos.transactions
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY transactions_select_worker ON dawsos.transactions IS 'a job reads the rows of the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.transactions TO dawsos_app;
GRANT SELECT ON dawsos.transactions TO dawsos_worker;
ALTER TABLE dawsos.lots ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.lots FORCE ROW LEVEL SECURITY;
CREATE POLICY lots_select_app ON dawsos.lots
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()) OR portfolio_id = ANY ((SELECT dawsos.app_shared_portfolios())::uuid[]));
COMMENT ON POLICY lots_select_app ON dawsos.lots IS 'the user reads its own rows and those of portfolios shared with it';
CREATE POLICY lots_insert_app ON dawsos.lots
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY lots_insert_app ON dawsos.lots IS 'the user adds rows of its own only';
CREATE POLICY lots_update_app ON dawsos.lots
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY lots_update_app ON dawsos.lots IS 'the user changes its own rows only';
CREATE POLICY lots_delete_app ON dawsos.lots
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY lots_delete_app ON dawsos.lots IS 'the user deletes its own rows only';
CREATE POLICY lots_select_worker ON dawsos.lots
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY lots_select_worker ON dawsos.lots IS 'a job reads the rows of the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.lots TO dawsos_app;
GRANT SELECT ON dawsos.lots TO dawsos_worker;
ALTER TABLE dawsos.lot_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.lot_events FORCE ROW LEVEL SECURITY;
CREATE POLICY lot_events_select_app ON dawsos.lot_events
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()) OR portfolio_id = ANY ((SELECT dawsos.app_shared_portfolios())::uuid[]));
COMMENT ON POLICY lot_events_select_app ON dawsos.lot_events IS 'the user reads its own rows and those of portfolios shared with it';
CREATE POLICY lot_events_insert_app ON dawsos.lot_events
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY lot_events_insert_app ON dawsos.lot_events IS 'the user adds rows of its own only';
CREATE POLICY lot_events_update_app ON dawsos.lot_events
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY lot_events_update_app ON dawsos.lot_events IS 'the user changes its own rows only';
CREATE POLICY lot_events_delete_app ON dawsos.lot_events
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY lot_events_delete_app ON dawsos.lot_events IS 'the user deletes its own rows only';
CREATE POLICY lot_events_select_worker ON dawsos.lot_events
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY lot_events_select_worker ON dawsos.lot_events IS 'a job reads the rows of the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.lot_events TO dawsos_app;
GRANT SELECT ON dawsos.lot_events TO dawsos_worker;
ALTER TABLE dawsos.positions ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.positions FORCE ROW LEVEL SECURITY;
CREATE POLICY positions_select_app ON dawsos.positions
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()) OR portfolio_id = ANY ((SELECT dawsos.app_shared_portfolios())::uuid[]));
COMMENT ON POLICY positions_select_app ON dawsos.positions IS 'the user reads its own rows and those of portfolios shared with it';
CREATE POLICY positions_insert_app ON dawsos.positions
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY positions_insert_app ON dawsos.positions IS 'the user adds rows of its own only';
CREATE POLICY positions_update_app ON dawsos.positions
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY positions_update_app ON dawsos.positions IS 'the user changes its own rows only';
CREATE POLICY positions_delete_app ON dawsos.positions
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY positions_delete_app ON dawsos.positions IS 'the user deletes its own rows only';
CREATE POLICY positions_select_worker ON dawsos.positions
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY positions_select_worker ON dawsos.positions IS 'a job reads the rows of the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.positions TO dawsos_app;
GRANT SELECT ON dawsos.positions TO dawsos_worker;
ALTER TABLE dawsos.cash_balances ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.cash_balances FORCE ROW LEVEL SECURITY;
CREATE POLICY cash_balances_select_app ON dawsos.cash_balances
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()) OR portfolio_id = ANY ((SELECT dawsos.app_shared_portfolios())::uuid[]));
COMMENT ON POLICY cash_balances_select_app ON dawsos.cash_balances IS 'the user reads its own rows and those of portfolios shared with it';
CREATE POLICY cash_balances_insert_app ON dawsos.cash_balances
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY cash_balances_insert_app ON dawsos.cash_balances IS 'the user adds rows of its own only';
CREATE POLICY cash_balances_update_app ON dawsos.cash_balances
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY cash_balances_update_app ON dawsos.cash_balances IS 'the user changes its own rows only';
CREATE POLICY cash_balances_delete_app ON dawsos.cash_balances
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY cash_balances_delete_app ON dawsos.cash_balances IS 'the user deletes its own rows only';
CREATE POLICY cash_balances_select_worker ON dawsos.cash_balances
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY cash_balances_select_worker ON dawsos.cash_balances IS 'a job reads the rows of the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.cash_balances TO dawsos_app;
GRANT SELECT ON dawsos.cash_balances TO dawsos_worker;
ALTER TABLE dawsos.cash_flows ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.cash_flows FORCE ROW LEVEL SECURITY;
CREATE POLICY cash_flows_select_app ON dawsos.cash_flows
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()) OR portfolio_id = ANY ((SELECT dawsos.app_shared_portfolios())::uuid[]));
COMMENT ON POLICY cash_flows_select_app ON dawsos.cash_flows IS 'the user reads its own rows and those of portfolios shared with it';
CREATE POLICY cash_flows_insert_app ON dawsos.cash_flows
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY cash_flows_insert_app ON dawsos.cash_flows IS 'the user adds rows of its own only';
CREATE POLICY cash_flows_update_app ON dawsos.cash_flows
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY cash_flows_update_app ON dawsos.cash_flows IS 'the user changes its own rows only';
CREATE POLICY cash_flows_delete_app ON dawsos.cash_flows
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY cash_flows_delete_app ON dawsos.cash_flows IS 'the user deletes its own rows only';
CREATE POLICY cash_flows_select_worker ON dawsos.cash_flows
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY cash_flows_select_worker ON dawsos.cash_flows IS 'a job reads the rows of the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.cash_flows TO dawsos_app;
GRANT SELECT ON dawsos.cash_flows TO dawsos_worker;
ALTER TABLE dawsos.manual_prices ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.manual_prices FORCE ROW LEVEL SECURITY;
CREATE POLICY manual_prices_select_app ON dawsos.manual_prices
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()) OR portfolio_id = ANY ((SELECT dawsos.app_shared_portfolios())::uuid[]));
COMMENT ON POLICY manual_prices_select_app ON dawsos.manual_prices IS 'the user reads its own rows and those of portfolios shared with it';
CREATE POLICY manual_prices_insert_app ON dawsos.manual_prices
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY manual_prices_insert_app ON dawsos.manual_prices IS 'the user adds rows of its own only';
CREATE POLICY manual_prices_update_app ON dawsos.manual_prices
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY manual_prices_update_app ON dawsos.manual_prices IS 'the user changes its own rows only';
CREATE POLICY manual_prices_delete_app ON dawsos.manual_prices
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY manual_prices_delete_app ON dawsos.manual_prices IS 'the user deletes its own rows only';
CREATE POLICY manual_prices_select_worker ON dawsos.manual_prices
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY manual_prices_select_worker ON dawsos.manual_prices IS 'a job reads the rows of the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.manual_prices TO dawsos_app;
GRANT SELECT ON dawsos.manual_prices TO dawsos_worker;

ALTER TABLE dawsos.portfolio_shares ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.portfolio_shares FORCE ROW LEVEL SECURITY;
CREATE POLICY portfolio_shares_select_app ON dawsos.portfolio_shares FOR SELECT TO dawsos_app
    USING (owner_user_id = (SELECT dawsos.app_user_id()) OR grantee_user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY portfolio_shares_select_app ON dawsos.portfolio_shares IS 'both sides see a share';
CREATE POLICY portfolio_shares_insert_app ON dawsos.portfolio_shares FOR INSERT TO dawsos_app
    WITH CHECK (owner_user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY portfolio_shares_insert_app ON dawsos.portfolio_shares IS 'only the owner shares';
CREATE POLICY portfolio_shares_update_app ON dawsos.portfolio_shares FOR UPDATE TO dawsos_app
    USING (owner_user_id = (SELECT dawsos.app_user_id()) OR grantee_user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (owner_user_id = (SELECT dawsos.app_user_id()) OR revoked_at IS NOT NULL);
COMMENT ON POLICY portfolio_shares_update_app ON dawsos.portfolio_shares IS 'the owner changes a share; the grantee may only give it up';
CREATE POLICY portfolio_shares_select_definer ON dawsos.portfolio_shares FOR SELECT TO dawsos_definer USING (true);
COMMENT ON POLICY portfolio_shares_select_definer ON dawsos.portfolio_shares IS 'functions that find what is shared with a user';
GRANT SELECT, INSERT ON dawsos.portfolio_shares TO dawsos_app;
GRANT UPDATE (amounts, expires_at, revoked_at) ON dawsos.portfolio_shares TO dawsos_app;
GRANT SELECT ON dawsos.portfolio_shares TO dawsos_definer;

CREATE FUNCTION dawsos.portfolio_shares_identity() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.grantee_user_id = dawsos.app_user_id() AND OLD.owner_user_id <> NEW.owner_user_id
       OR OLD.grantee_user_id = dawsos.app_user_id()
          AND (NEW.amounts, NEW.expires_at) IS DISTINCT FROM (OLD.amounts, OLD.expires_at)
       OR OLD.revoked_at IS NOT NULL THEN
        RAISE EXCEPTION 'a grantee may only give up a share, and a revoked share stays revoked'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'portfolio_shares_identity';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION dawsos.portfolio_shares_identity() IS 'a grantee cannot widen its access';
CREATE TRIGGER portfolio_shares_identity_trg
    BEFORE UPDATE ON dawsos.portfolio_shares
    FOR EACH ROW EXECUTE FUNCTION dawsos.portfolio_shares_identity();

CREATE POLICY portfolios_select_definer ON dawsos.portfolios FOR SELECT TO dawsos_definer USING (true);
COMMENT ON POLICY portfolios_select_definer ON dawsos.portfolios IS 'functions that walk all portfolios for jobs';
GRANT SELECT (user_id, id, status) ON dawsos.portfolios TO dawsos_definer;
CREATE POLICY ledger_entries_select_definer ON dawsos.ledger_entries FOR SELECT TO dawsos_definer USING (true);
COMMENT ON POLICY ledger_entries_select_definer ON dawsos.ledger_entries IS 'functions that find the securities of shared portfolios';
GRANT SELECT (user_id, portfolio_id, security_id) ON dawsos.ledger_entries TO dawsos_definer;

-- Securities: everybody's, one's own, and those that a shared portfolio refers to.
ALTER TABLE dawsos.securities ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.securities FORCE ROW LEVEL SECURITY;
CREATE POLICY securities_select_app ON dawsos.securities FOR SELECT TO dawsos_app
    USING (owner_user_id IS NULL OR owner_user_id = (SELECT dawsos.app_user_id())
           OR id = ANY ((SELECT dawsos.app_shared_securities())::uuid[]));
COMMENT ON POLICY securities_select_app ON dawsos.securities IS 'shared securities, own ones, and those of shared portfolios';
CREATE POLICY securities_insert_app ON dawsos.securities FOR INSERT TO dawsos_app
    WITH CHECK (owner_user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY securities_insert_app ON dawsos.securities IS 'a user adds private securities only';
CREATE POLICY securities_update_app ON dawsos.securities FOR UPDATE TO dawsos_app
    USING (owner_user_id = (SELECT dawsos.app_user_id())) WITH CHECK (owner_user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY securities_update_app ON dawsos.securities IS 'a user changes its private securities only';
CREATE POLICY securities_delete_app ON dawsos.securities FOR DELETE TO dawsos_app
    USING (owner_user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY securities_delete_app ON dawsos.securities IS 'a user deletes its private securities only';
CREATE POLICY securities_select_worker ON dawsos.securities FOR SELECT TO dawsos_worker
    USING (owner_user_id IS NULL OR owner_user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY securities_select_worker ON dawsos.securities IS 'jobs read shared securities and those of the user they work for';
CREATE POLICY securities_insert_worker ON dawsos.securities FOR INSERT TO dawsos_worker WITH CHECK (owner_user_id IS NULL);
COMMENT ON POLICY securities_insert_worker ON dawsos.securities IS 'shared securities are written after the permission check';
CREATE POLICY securities_update_worker ON dawsos.securities FOR UPDATE TO dawsos_worker
    USING (owner_user_id IS NULL) WITH CHECK (owner_user_id IS NULL);
COMMENT ON POLICY securities_update_worker ON dawsos.securities IS 'shared securities are written after the permission check';
CREATE POLICY securities_select_definer ON dawsos.securities FOR SELECT TO dawsos_definer USING (true);
COMMENT ON POLICY securities_select_definer ON dawsos.securities IS 'functions that find the securities of shared portfolios';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.securities TO dawsos_app;
GRANT SELECT, INSERT, UPDATE ON dawsos.securities TO dawsos_worker;
GRANT SELECT (id, owner_user_id) ON dawsos.securities TO dawsos_definer;

ALTER TABLE dawsos.security_identifiers ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.security_identifiers FORCE ROW LEVEL SECURITY;
CREATE POLICY security_identifiers_select_app ON dawsos.security_identifiers FOR SELECT TO dawsos_app
    USING (EXISTS (SELECT FROM dawsos.securities AS security WHERE security.id = security_identifiers.security_id));
COMMENT ON POLICY security_identifiers_select_app ON dawsos.security_identifiers IS 'identifiers of the securities that the user sees';
CREATE POLICY security_identifiers_insert_app ON dawsos.security_identifiers FOR INSERT TO dawsos_app
    WITH CHECK (EXISTS (SELECT FROM dawsos.securities AS security WHERE security.id = security_identifiers.security_id AND security.owner_user_id = (SELECT dawsos.app_user_id())));
COMMENT ON POLICY security_identifiers_insert_app ON dawsos.security_identifiers IS 'a user names its private securities only';
CREATE POLICY security_identifiers_update_app ON dawsos.security_identifiers FOR UPDATE TO dawsos_app
    USING (EXISTS (SELECT FROM dawsos.securities AS security WHERE security.id = security_identifiers.security_id AND security.owner_user_id = (SELECT dawsos.app_user_id())))
    WITH CHECK (EXISTS (SELECT FROM dawsos.securities AS security WHERE security.id = security_identifiers.security_id AND security.owner_user_id = (SELECT dawsos.app_user_id())));
COMMENT ON POLICY security_identifiers_update_app ON dawsos.security_identifiers IS 'a user names its private securities only';
CREATE POLICY security_identifiers_delete_app ON dawsos.security_identifiers FOR DELETE TO dawsos_app
    USING (EXISTS (SELECT FROM dawsos.securities AS security WHERE security.id = security_identifiers.security_id AND security.owner_user_id = (SELECT dawsos.app_user_id())));
COMMENT ON POLICY security_identifiers_delete_app ON dawsos.security_identifiers IS 'a user names its private securities only';
CREATE POLICY security_identifiers_select_worker ON dawsos.security_identifiers FOR SELECT TO dawsos_worker
    USING (EXISTS (SELECT FROM dawsos.securities AS security WHERE security.id = security_identifiers.security_id));
COMMENT ON POLICY security_identifiers_select_worker ON dawsos.security_identifiers IS 'identifiers of the securities that the job sees';
CREATE POLICY security_identifiers_insert_worker ON dawsos.security_identifiers FOR INSERT TO dawsos_worker
    WITH CHECK (EXISTS (SELECT FROM dawsos.securities AS security WHERE security.id = security_identifiers.security_id AND security.owner_user_id IS NULL));
COMMENT ON POLICY security_identifiers_insert_worker ON dawsos.security_identifiers IS 'identifiers of shared securities';
CREATE POLICY security_identifiers_update_worker ON dawsos.security_identifiers FOR UPDATE TO dawsos_worker
    USING (EXISTS (SELECT FROM dawsos.securities AS security WHERE security.id = security_identifiers.security_id AND security.owner_user_id IS NULL))
    WITH CHECK (EXISTS (SELECT FROM dawsos.securities AS security WHERE security.id = security_identifiers.security_id AND security.owner_user_id IS NULL));
COMMENT ON POLICY security_identifiers_update_worker ON dawsos.security_identifiers IS 'identifiers of shared securities';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.security_identifiers TO dawsos_app;
GRANT SELECT, INSERT, UPDATE ON dawsos.security_identifiers TO dawsos_worker;

-- The definer functions change hands; nobody may become their owner.
RESET ROLE;
GRANT CREATE ON SCHEMA dawsos TO dawsos_definer;
ALTER FUNCTION dawsos.app_shared_portfolios() OWNER TO dawsos_definer;
ALTER FUNCTION dawsos.app_shared_securities() OWNER TO dawsos_definer;
ALTER FUNCTION dawsos.worker_next_portfolios(uuid, integer) OWNER TO dawsos_definer;
REVOKE CREATE ON SCHEMA dawsos FROM dawsos_definer;
REVOKE ALL ON FUNCTION dawsos.app_shared_portfolios(), dawsos.app_shared_securities(), dawsos.worker_next_portfolios(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dawsos.app_shared_portfolios(), dawsos.app_shared_securities() TO dawsos_app, dawsos_worker;
GRANT EXECUTE ON FUNCTION dawsos.worker_next_portfolios(uuid, integer) TO dawsos_worker;
