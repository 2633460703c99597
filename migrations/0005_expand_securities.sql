-- Securities, the names they are known by, and what happens to them.

CREATE TABLE dawsos.securities (
    id uuid PRIMARY KEY,
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    kind text NOT NULL,
    currency char(3) NOT NULL REFERENCES dawsos.currencies (code),
    quote_unit text NOT NULL DEFAULT 'unit' CHECK (quote_unit IN ('unit', 'percent', 'minor_unit')),
    price_factor numeric(28, 12) NOT NULL DEFAULT 1,
    primary_mic char(4) REFERENCES dawsos.exchanges (mic),
    country char(2) CHECK (country ~ '^[A-Z]{2}$'),
    sector text CHECK (length(sector) BETWEEN 1 AND 100),
    industry text CHECK (length(industry) BETWEEN 1 AND 150),
    classification_source text CHECK (length(classification_source) <= 100),
    active_from date,
    active_to date,
    owner_user_id uuid REFERENCES dawsos.users (id) ON DELETE CASCADE,
    attributes jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
    search_text text NOT NULL CHECK (length(search_text) <= 1000),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT securities_kind_check CHECK (kind IN ('stock', 'etf', 'fund', 'bond', 'option', 'future', 'crypto', 'commodity', 'property', 'private', 'index', 'cash_like')),
    CONSTRAINT securities_price_factor_check CHECK (price_factor > 0),
    CONSTRAINT securities_active_check CHECK (active_to >= active_from)
);
COMMENT ON TABLE dawsos.securities IS '[O] Instruments: shared ones, and private ones of a user.';
COMMENT ON COLUMN dawsos.securities.id IS 'UUIDv5 of the first identifier, so equal on every installation; UUIDv7 for private ones';
COMMENT ON COLUMN dawsos.securities.version IS 'raised by each change; the ETag';
COMMENT ON COLUMN dawsos.securities.name IS 'name on screen';
COMMENT ON COLUMN dawsos.securities.kind IS 'class of instrument';
COMMENT ON COLUMN dawsos.securities.currency IS 'currency of its prices';
COMMENT ON COLUMN dawsos.securities.quote_unit IS 'what a quoted price counts';
COMMENT ON COLUMN dawsos.securities.price_factor IS 'quoted price × factor = price of one unit in its currency (0.01 for bond percent)';
COMMENT ON COLUMN dawsos.securities.primary_mic IS 'main market; its calendar decides on sessions';
COMMENT ON COLUMN dawsos.securities.country IS 'ISO 3166 code of the issuer';
COMMENT ON COLUMN dawsos.securities.sector IS 'sector of the classification named beside';
COMMENT ON COLUMN dawsos.securities.industry IS 'industry of the classification named beside';
COMMENT ON COLUMN dawsos.securities.classification_source IS 'who classified it';
COMMENT ON COLUMN dawsos.securities.active_from IS 'first day of trading';
COMMENT ON COLUMN dawsos.securities.active_to IS 'last day of trading';
COMMENT ON COLUMN dawsos.securities.owner_user_id IS 'its only user; absent: everybody''s';
COMMENT ON COLUMN dawsos.securities.attributes IS 'facts that SQL does not filter on';
COMMENT ON COLUMN dawsos.securities.search_text IS 'name and symbols in lower case, for prefix search';
COMMENT ON COLUMN dawsos.securities.created_at IS 'when the row was written';
CREATE INDEX securities_search_text_idx ON dawsos.securities (search_text text_pattern_ops);
CREATE INDEX securities_owner_idx ON dawsos.securities (owner_user_id) WHERE owner_user_id IS NOT NULL;

CREATE TABLE dawsos.security_identifiers (
    id uuid PRIMARY KEY,
    security_id uuid NOT NULL REFERENCES dawsos.securities (id) ON DELETE CASCADE,
    scheme text NOT NULL,
    value text NOT NULL CHECK (length(value) BETWEEN 1 AND 64),
    mic char(4) REFERENCES dawsos.exchanges (mic),
    provider text CHECK (length(provider) BETWEEN 1 AND 64),
    valid_from date NOT NULL DEFAULT '-infinity',
    valid_to date,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT security_identifiers_scheme_check CHECK (scheme IN ('isin', 'figi', 'share_class_figi', 'cusip', 'sedol', 'wkn', 'cik', 'symbol', 'provider')),
    CONSTRAINT security_identifiers_valid_check CHECK (valid_to >= valid_from)
);
COMMENT ON TABLE dawsos.security_identifiers IS '[O] Symbols and codes of a security, with the time that they hold.';
COMMENT ON COLUMN dawsos.security_identifiers.id IS 'UUIDv7';
COMMENT ON COLUMN dawsos.security_identifiers.security_id IS 'what it names';
COMMENT ON COLUMN dawsos.security_identifiers.scheme IS 'kind of code';
COMMENT ON COLUMN dawsos.security_identifiers.value IS 'the code, upper case';
COMMENT ON COLUMN dawsos.security_identifiers.mic IS 'market of a symbol';
COMMENT ON COLUMN dawsos.security_identifiers.provider IS 'whose code it is, for scheme provider';
COMMENT ON COLUMN dawsos.security_identifiers.valid_from IS 'first day it holds';
COMMENT ON COLUMN dawsos.security_identifiers.valid_to IS 'last day it holds';
COMMENT ON COLUMN dawsos.security_identifiers.created_at IS 'when the row was written';
CREATE INDEX security_identifiers_value_idx ON dawsos.security_identifiers (scheme, value);
CREATE INDEX security_identifiers_value_prefix_idx ON dawsos.security_identifiers (value text_pattern_ops);
CREATE INDEX security_identifiers_security_idx ON dawsos.security_identifiers (security_id);

CREATE FUNCTION dawsos.security_identifiers_no_overlap() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('security_identifiers:' || NEW.scheme || ':' || NEW.value, 0));
    IF EXISTS (
        SELECT FROM dawsos.security_identifiers AS other
        JOIN dawsos.securities AS theirs ON theirs.id = other.security_id
        JOIN dawsos.securities AS ours ON ours.id = NEW.security_id
        WHERE other.scheme = NEW.scheme AND other.value = NEW.value
          AND other.mic IS NOT DISTINCT FROM NEW.mic AND other.provider IS NOT DISTINCT FROM NEW.provider
          AND other.security_id <> NEW.security_id
          -- a private security may carry the symbol of a shared one, or of another user's
          AND theirs.owner_user_id IS NOT DISTINCT FROM ours.owner_user_id
          AND daterange(other.valid_from, other.valid_to, '[]') && daterange(NEW.valid_from, NEW.valid_to, '[]')
    ) AND NEW.scheme <> 'cik' THEN -- a CIK names the issuer, which has several share classes
        RAISE EXCEPTION 'identifier % % names another security in this time', NEW.scheme, NEW.value
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'security_identifiers_no_overlap';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION dawsos.security_identifiers_no_overlap() IS 'no two securities share an identifier at the same time';
CREATE TRIGGER security_identifiers_no_overlap_trg
    BEFORE INSERT OR UPDATE ON dawsos.security_identifiers
    FOR EACH ROW EXECUTE FUNCTION dawsos.security_identifiers_no_overlap();

CREATE TABLE dawsos.corporate_actions (
    id uuid,
    known_at timestamptz,
    security_id uuid NOT NULL REFERENCES dawsos.securities (id),
    kind text NOT NULL,
    ex_date date NOT NULL,
    declared_on date,
    record_date date,
    pay_date date,
    amount numeric(28, 12),
    currency char(3) REFERENCES dawsos.currencies (code),
    ratio_from numeric(28, 12),
    ratio_to numeric(28, 12),
    detail jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object'),
    provider text NOT NULL CHECK (length(provider) BETWEEN 1 AND 64),
    natural_key bytea NOT NULL CHECK (octet_length(natural_key) = 32),
    cancelled boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, known_at),
    CONSTRAINT corporate_actions_natural_key_key UNIQUE (natural_key, known_at),
    CONSTRAINT corporate_actions_kind_check CHECK (kind IN ('cash_dividend', 'split', 'stock_dividend', 'spin_off', 'merger', 'symbol_change', 'rights', 'return_of_capital', 'delisting', 'earnings')),
    CONSTRAINT corporate_actions_ratio_check CHECK (ratio_from > 0 AND ratio_to > 0 AND (ratio_from IS NULL) = (ratio_to IS NULL)),
    CONSTRAINT corporate_actions_amount_check CHECK (amount IS NULL OR currency IS NOT NULL),
    CONSTRAINT corporate_actions_pay_date_check CHECK (pay_date >= ex_date)
);
COMMENT ON TABLE dawsos.corporate_actions IS '[S] Dividends, splits and other events, in the versions that were known over time.';
COMMENT ON COLUMN dawsos.corporate_actions.id IS 'UUIDv5 of the natural key: provider, security, kind, ex-date';
COMMENT ON COLUMN dawsos.corporate_actions.known_at IS 'when this version was learnt';
COMMENT ON COLUMN dawsos.corporate_actions.security_id IS 'what it happens to';
COMMENT ON COLUMN dawsos.corporate_actions.kind IS 'what happens';
COMMENT ON COLUMN dawsos.corporate_actions.ex_date IS 'first day without the right';
COMMENT ON COLUMN dawsos.corporate_actions.declared_on IS 'day of the announcement';
COMMENT ON COLUMN dawsos.corporate_actions.record_date IS 'day on which holders are counted';
COMMENT ON COLUMN dawsos.corporate_actions.pay_date IS 'day of payment or delivery';
COMMENT ON COLUMN dawsos.corporate_actions.amount IS 'cash per unit held';
COMMENT ON COLUMN dawsos.corporate_actions.currency IS 'currency of the amount';
COMMENT ON COLUMN dawsos.corporate_actions.ratio_from IS 'units before';
COMMENT ON COLUMN dawsos.corporate_actions.ratio_to IS 'units after';
COMMENT ON COLUMN dawsos.corporate_actions.detail IS 'facts of rarer kinds';
COMMENT ON COLUMN dawsos.corporate_actions.provider IS 'who says so';
COMMENT ON COLUMN dawsos.corporate_actions.natural_key IS 'SHA-256 of the event''s identity, unique per version';
COMMENT ON COLUMN dawsos.corporate_actions.cancelled IS 'whether this version withdraws the event';
COMMENT ON COLUMN dawsos.corporate_actions.created_at IS 'when the row was written';
CREATE INDEX corporate_actions_security_idx ON dawsos.corporate_actions (security_id, ex_date);
CREATE TRIGGER corporate_actions_immutable_trg
    BEFORE UPDATE OR DELETE OR TRUNCATE ON dawsos.corporate_actions
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.refuse_change();
GRANT SELECT ON dawsos.corporate_actions TO dawsos_app, dawsos_worker;
GRANT INSERT ON dawsos.corporate_actions TO dawsos_worker;
