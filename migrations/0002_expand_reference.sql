-- Currencies, exchanges and calendars: reference data that everybody reads.

CREATE TABLE dawsos.currencies (
    code char(3) PRIMARY KEY CHECK (code ~ '^[A-Z]{3}$'),
    numeric_code smallint CHECK (numeric_code BETWEEN 0 AND 999),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    minor_units smallint CHECK (minor_units BETWEEN 0 AND 8),
    parent char(3) REFERENCES dawsos.currencies (code),
    parent_factor numeric(28, 14),
    obsolete_on date,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT currencies_parent_factor_check CHECK (parent_factor > 0),
    CONSTRAINT currencies_parent_check CHECK ((parent IS NULL) = (parent_factor IS NULL))
);
COMMENT ON TABLE dawsos.currencies IS '[S] Currencies of ISO 4217 and the minor units that markets quote in.';
COMMENT ON COLUMN dawsos.currencies.code IS 'ISO 4217 code, or a quoted minor unit such as GBX';
COMMENT ON COLUMN dawsos.currencies.numeric_code IS 'ISO 4217 number, absent for minor units';
COMMENT ON COLUMN dawsos.currencies.name IS 'English name';
COMMENT ON COLUMN dawsos.currencies.minor_units IS 'decimals of an amount; absent where ISO says not applicable (metals)';
COMMENT ON COLUMN dawsos.currencies.parent IS 'currency that this is a part of (GBX: GBP)';
COMMENT ON COLUMN dawsos.currencies.parent_factor IS 'how many of the parent one unit is (GBX: 0.01)';
COMMENT ON COLUMN dawsos.currencies.obsolete_on IS 'day from which it is no longer used';
COMMENT ON COLUMN dawsos.currencies.created_at IS 'when the row was written';
GRANT SELECT ON dawsos.currencies TO dawsos_app, dawsos_worker, dawsos_auth;
GRANT INSERT ON dawsos.currencies TO dawsos_worker;

CREATE TABLE dawsos.exchanges (
    mic char(4) PRIMARY KEY CHECK (mic ~ '^[A-Z0-9]{4}$'),
    operating_mic char(4) NOT NULL CHECK (operating_mic ~ '^[A-Z0-9]{4}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    country char(2) CHECK (country ~ '^[A-Z]{2}$'),
    time_zone text NOT NULL CHECK (length(time_zone) <= 64),
    currency char(3) NOT NULL REFERENCES dawsos.currencies (code),
    calendar_id text NOT NULL CHECK (length(calendar_id) BETWEEN 1 AND 32),
    settlement_days smallint NOT NULL CHECK (settlement_days BETWEEN 0 AND 10),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE dawsos.exchanges IS '[S] Places of trading.';
COMMENT ON COLUMN dawsos.exchanges.mic IS 'ISO 10383 market identifier';
COMMENT ON COLUMN dawsos.exchanges.operating_mic IS 'market that operates it';
COMMENT ON COLUMN dawsos.exchanges.name IS 'English name';
COMMENT ON COLUMN dawsos.exchanges.country IS 'ISO 3166 code';
COMMENT ON COLUMN dawsos.exchanges.time_zone IS 'IANA zone of its sessions';
COMMENT ON COLUMN dawsos.exchanges.currency IS 'currency of most listings';
COMMENT ON COLUMN dawsos.exchanges.calendar_id IS 'calendar of its sessions';
COMMENT ON COLUMN dawsos.exchanges.settlement_days IS 'sessions from trade to settlement';
COMMENT ON COLUMN dawsos.exchanges.created_at IS 'when the row was written';
GRANT SELECT ON dawsos.exchanges TO dawsos_app, dawsos_worker, dawsos_auth;
GRANT INSERT, UPDATE ON dawsos.exchanges TO dawsos_worker;

CREATE TABLE dawsos.calendar_days (
    calendar_id text CHECK (length(calendar_id) BETWEEN 1 AND 32),
    date date,
    state text NOT NULL CHECK (state IN ('open', 'half', 'closed')),
    open_at timestamptz,
    close_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (calendar_id, date),
    CONSTRAINT calendar_days_hours_check CHECK (close_at > open_at)
);
COMMENT ON TABLE dawsos.calendar_days IS '[S] Days that differ from the rule "weekdays are sessions" of a calendar.';
COMMENT ON COLUMN dawsos.calendar_days.calendar_id IS 'calendar, usually the exchange''s MIC';
COMMENT ON COLUMN dawsos.calendar_days.date IS 'the day';
COMMENT ON COLUMN dawsos.calendar_days.state IS 'session, short session or none';
COMMENT ON COLUMN dawsos.calendar_days.open_at IS 'start of the session where it differs';
COMMENT ON COLUMN dawsos.calendar_days.close_at IS 'end of the session where it differs';
COMMENT ON COLUMN dawsos.calendar_days.created_at IS 'when the row was written';
GRANT SELECT ON dawsos.calendar_days TO dawsos_app, dawsos_worker, dawsos_auth;
GRANT INSERT, UPDATE ON dawsos.calendar_days TO dawsos_worker;
