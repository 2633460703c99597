-- Observed prices and rates, day contents addressed by hash, and the packs that chain them.

CREATE TABLE dawsos.price_observations (
    security_id uuid REFERENCES dawsos.securities (id),
    date date,
    provider text CHECK (length(provider) BETWEEN 1 AND 64),
    known_at timestamptz,
    close numeric(28, 12) NOT NULL,
    open numeric(28, 12) CHECK (open > 0),
    high numeric(28, 12) CHECK (high > 0),
    low numeric(28, 12) CHECK (low > 0),
    volume numeric(28, 4) CHECK (volume >= 0),
    currency char(3) NOT NULL REFERENCES dawsos.currencies (code),
    raw_hash bytea CHECK (octet_length(raw_hash) = 32),
    PRIMARY KEY (security_id, date, provider, known_at),
    CONSTRAINT price_observations_close_check CHECK (close > 0)
) PARTITION BY RANGE (date);
COMMENT ON TABLE dawsos.price_observations IS '[S] Closes as observed from a provider, in the versions that were known over time.';
COMMENT ON COLUMN dawsos.price_observations.security_id IS 'what was quoted';
COMMENT ON COLUMN dawsos.price_observations.date IS 'session';
COMMENT ON COLUMN dawsos.price_observations.provider IS 'who quoted it';
COMMENT ON COLUMN dawsos.price_observations.known_at IS 'when this version was learnt';
COMMENT ON COLUMN dawsos.price_observations.close IS 'close as traded, not adjusted for later splits';
COMMENT ON COLUMN dawsos.price_observations.open IS 'open as traded';
COMMENT ON COLUMN dawsos.price_observations.high IS 'highest price';
COMMENT ON COLUMN dawsos.price_observations.low IS 'lowest price';
COMMENT ON COLUMN dawsos.price_observations.volume IS 'units traded, as of that day';
COMMENT ON COLUMN dawsos.price_observations.currency IS 'currency of the prices';
COMMENT ON COLUMN dawsos.price_observations.raw_hash IS 'SHA-256 of the provider''s answer';

CREATE TABLE dawsos.fx_observations (
    base char(3) REFERENCES dawsos.currencies (code),
    quote char(3) REFERENCES dawsos.currencies (code),
    date date,
    provider text CHECK (length(provider) BETWEEN 1 AND 64),
    known_at timestamptz,
    rate numeric(28, 14) NOT NULL,
    PRIMARY KEY (base, quote, date, provider, known_at),
    CONSTRAINT fx_observations_rate_check CHECK (rate > 0),
    CONSTRAINT fx_observations_pair_check CHECK (base <> quote)
);
COMMENT ON TABLE dawsos.fx_observations IS '[S] Exchange rates as observed from a provider, in the versions that were known over time.';
COMMENT ON COLUMN dawsos.fx_observations.base IS 'currency of which one unit is priced';
COMMENT ON COLUMN dawsos.fx_observations.quote IS 'currency in which it is priced';
COMMENT ON COLUMN dawsos.fx_observations.date IS 'day of the rate';
COMMENT ON COLUMN dawsos.fx_observations.provider IS 'who published it';
COMMENT ON COLUMN dawsos.fx_observations.known_at IS 'when this version was learnt';
COMMENT ON COLUMN dawsos.fx_observations.rate IS 'units of quote for one unit of base';
CREATE INDEX fx_observations_date_idx ON dawsos.fx_observations (date);

CREATE TABLE dawsos.day_contents (
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    date date NOT NULL,
    price_count integer NOT NULL CHECK (price_count >= 0),
    fx_count integer NOT NULL CHECK (fx_count >= 0),
    format_version smallint NOT NULL CHECK (format_version > 0),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE dawsos.day_contents IS '[S] The set of prices and rates in force on a day, addressed by its hash.';
COMMENT ON COLUMN dawsos.day_contents.hash IS 'SHA-256 of the canonical JSON of the rows';
COMMENT ON COLUMN dawsos.day_contents.date IS 'the day';
COMMENT ON COLUMN dawsos.day_contents.price_count IS 'rows in prices';
COMMENT ON COLUMN dawsos.day_contents.fx_count IS 'rows in fx_rates';
COMMENT ON COLUMN dawsos.day_contents.format_version IS 'form of the canonical JSON';
COMMENT ON COLUMN dawsos.day_contents.created_at IS 'when the row was written';
CREATE INDEX day_contents_date_idx ON dawsos.day_contents (date);

CREATE TABLE dawsos.prices (
    date date,
    content_hash bytea REFERENCES dawsos.day_contents (hash),
    security_id uuid,
    close numeric(28, 12) NOT NULL,
    open numeric(28, 12),
    high numeric(28, 12),
    low numeric(28, 12),
    volume numeric(28, 4),
    currency char(3) NOT NULL REFERENCES dawsos.currencies (code),
    state text NOT NULL,
    quoted_on date NOT NULL,
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 64),
    known_at timestamptz NOT NULL,
    PRIMARY KEY (date, content_hash, security_id),
    CONSTRAINT prices_close_check CHECK (close > 0),
    CONSTRAINT prices_quoted_on_check CHECK (quoted_on <= date),
    CONSTRAINT prices_state_check CHECK (state IN ('traded', 'carried', 'manual') AND CASE state WHEN 'traded' THEN quoted_on = date WHEN 'carried' THEN quoted_on < date ELSE true END)
) PARTITION BY RANGE (date);
COMMENT ON TABLE dawsos.prices IS '[S] Prices of a day content.';
COMMENT ON COLUMN dawsos.prices.date IS 'the day';
COMMENT ON COLUMN dawsos.prices.content_hash IS 'content that it belongs to';
COMMENT ON COLUMN dawsos.prices.security_id IS 'what is priced';
COMMENT ON COLUMN dawsos.prices.close IS 'close as traded';
COMMENT ON COLUMN dawsos.prices.open IS 'open as traded';
COMMENT ON COLUMN dawsos.prices.high IS 'highest price';
COMMENT ON COLUMN dawsos.prices.low IS 'lowest price';
COMMENT ON COLUMN dawsos.prices.volume IS 'units traded';
COMMENT ON COLUMN dawsos.prices.currency IS 'currency of the prices';
COMMENT ON COLUMN dawsos.prices.state IS 'how the price came to be in force';
COMMENT ON COLUMN dawsos.prices.quoted_on IS 'day on which it was observed';
COMMENT ON COLUMN dawsos.prices.source IS 'who quoted it';
COMMENT ON COLUMN dawsos.prices.known_at IS 'when the content was made';

CREATE TABLE dawsos.fx_rates (
    date date,
    content_hash bytea REFERENCES dawsos.day_contents (hash),
    base char(3),
    quote char(3),
    rate numeric(28, 14) NOT NULL,
    state text NOT NULL,
    quoted_on date NOT NULL,
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 64),
    known_at timestamptz NOT NULL,
    PRIMARY KEY (date, content_hash, base, quote),
    CONSTRAINT fx_rates_rate_check CHECK (rate > 0),
    CONSTRAINT fx_rates_pair_check CHECK (base <> quote),
    CONSTRAINT fx_rates_quoted_on_check CHECK (quoted_on <= date),
    CONSTRAINT fx_rates_state_check CHECK (state IN ('traded', 'carried', 'manual') AND CASE state WHEN 'traded' THEN quoted_on = date WHEN 'carried' THEN quoted_on < date ELSE true END)
);
COMMENT ON TABLE dawsos.fx_rates IS '[S] Exchange rates of a day content.';
COMMENT ON COLUMN dawsos.fx_rates.date IS 'the day';
COMMENT ON COLUMN dawsos.fx_rates.content_hash IS 'content that it belongs to';
COMMENT ON COLUMN dawsos.fx_rates.base IS 'currency of which one unit is priced';
COMMENT ON COLUMN dawsos.fx_rates.quote IS 'currency in which it is priced';
COMMENT ON COLUMN dawsos.fx_rates.rate IS 'units of quote for one unit of base';
COMMENT ON COLUMN dawsos.fx_rates.state IS 'how the rate came to be in force';
COMMENT ON COLUMN dawsos.fx_rates.quoted_on IS 'day on which it was observed';
COMMENT ON COLUMN dawsos.fx_rates.source IS 'who published it';
COMMENT ON COLUMN dawsos.fx_rates.known_at IS 'when the content was made';

CREATE TABLE dawsos.pack_policies (
    id text CHECK (length(id) BETWEEN 1 AND 32),
    revision integer CHECK (revision > 0),
    calendar_rule text NOT NULL CHECK (calendar_rule IN ('every_day', 'weekdays')),
    cut_off time NOT NULL,
    time_zone text NOT NULL CHECK (length(time_zone) <= 64),
    price_sources text[] NOT NULL,
    fx_sources text[] NOT NULL,
    carry_days_max smallint NOT NULL DEFAULT 5 CHECK (carry_days_max BETWEEN 0 AND 60),
    coverage_min_prices double precision NOT NULL DEFAULT 0.98 CHECK (coverage_min_prices BETWEEN 0 AND 1),
    coverage_min_fx double precision NOT NULL DEFAULT 1.0 CHECK (coverage_min_fx BETWEEN 0 AND 1),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, revision)
);
COMMENT ON TABLE dawsos.pack_policies IS '[S] How packs are built: sources, cut-off, how far a price is carried. Revisions never change.';
COMMENT ON COLUMN dawsos.pack_policies.id IS 'name of the policy';
COMMENT ON COLUMN dawsos.pack_policies.revision IS 'revision of the policy';
COMMENT ON COLUMN dawsos.pack_policies.calendar_rule IS 'days that get a pack';
COMMENT ON COLUMN dawsos.pack_policies.cut_off IS 'local time after which a day is complete';
COMMENT ON COLUMN dawsos.pack_policies.time_zone IS 'IANA zone of the cut-off';
COMMENT ON COLUMN dawsos.pack_policies.price_sources IS 'providers of prices, best first; empty: any';
COMMENT ON COLUMN dawsos.pack_policies.fx_sources IS 'providers of rates, best first; empty: any';
COMMENT ON COLUMN dawsos.pack_policies.carry_days_max IS 'sessions that a price is carried at most';
COMMENT ON COLUMN dawsos.pack_policies.coverage_min_prices IS 'share of expected prices that a fresh pack has';
COMMENT ON COLUMN dawsos.pack_policies.coverage_min_fx IS 'share of expected rates that a fresh pack has';
COMMENT ON COLUMN dawsos.pack_policies.created_at IS 'when the row was written';

CREATE TABLE dawsos.pricing_packs (
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    display_id text NOT NULL CHECK (length(display_id) <= 64),
    policy_id text NOT NULL,
    date date NOT NULL,
    revision integer NOT NULL CHECK (revision >= 0),
    parent_hash bytea REFERENCES dawsos.pricing_packs (hash),
    content_hash bytea NOT NULL REFERENCES dawsos.day_contents (hash),
    known_at timestamptz NOT NULL,
    reason text CHECK (length(reason) <= 500),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pricing_packs_display_id_key UNIQUE (display_id),
    CONSTRAINT pricing_packs_revision_key UNIQUE (policy_id, date, revision)
);
COMMENT ON TABLE dawsos.pricing_packs IS '[S] A day content chained to the pack of the day before. Never changed.';
COMMENT ON COLUMN dawsos.pricing_packs.hash IS 'SHA-256(parent ‖ content ‖ policy ‖ known_at)';
COMMENT ON COLUMN dawsos.pricing_packs.display_id IS 'name that people read';
COMMENT ON COLUMN dawsos.pricing_packs.policy_id IS 'policy that it was built by';
COMMENT ON COLUMN dawsos.pricing_packs.date IS 'day of its prices';
COMMENT ON COLUMN dawsos.pricing_packs.revision IS '0 for the first build of the day';
COMMENT ON COLUMN dawsos.pricing_packs.parent_hash IS 'pack of the previous day; absent for the first of a policy';
COMMENT ON COLUMN dawsos.pricing_packs.content_hash IS 'content of the day';
COMMENT ON COLUMN dawsos.pricing_packs.known_at IS 'when its content was known';
COMMENT ON COLUMN dawsos.pricing_packs.reason IS 'why the day was restated';
COMMENT ON COLUMN dawsos.pricing_packs.created_at IS 'when the row was written';

CREATE FUNCTION dawsos.pricing_packs_chain() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    wrong record;
BEGIN
    SELECT pack.display_id,
           pack.hash <> sha256(
               coalesce(pack.parent_hash, decode(repeat('00', 32), 'hex'))
               || pack.content_hash
               || convert_to(pack.policy_id, 'UTF8')
               || convert_to(to_char(pack.known_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'UTF8')
           ) AS wrong_hash,
           content.date <> pack.date AS wrong_content,
           parent.hash IS NOT NULL AND (parent.policy_id <> pack.policy_id OR parent.known_at > pack.known_at) AS wrong_parent,
           before.date IS DISTINCT FROM parent.date AS wrong_date,
           policy.known IS NULL AS wrong_policy
    INTO wrong
    FROM added AS pack
    JOIN dawsos.day_contents AS content ON content.hash = pack.content_hash
    LEFT JOIN dawsos.pricing_packs AS parent ON parent.hash = pack.parent_hash
    LEFT JOIN LATERAL (
        SELECT earlier.date FROM dawsos.pricing_packs AS earlier
        WHERE earlier.policy_id = pack.policy_id AND earlier.date < pack.date
        ORDER BY earlier.date DESC LIMIT 1
    ) AS before ON true
    LEFT JOIN LATERAL (
        SELECT true AS known FROM dawsos.pack_policies WHERE id = pack.policy_id LIMIT 1
    ) AS policy ON true
    WHERE pack.hash <> sha256(
              coalesce(pack.parent_hash, decode(repeat('00', 32), 'hex'))
              || pack.content_hash
              || convert_to(pack.policy_id, 'UTF8')
              || convert_to(to_char(pack.known_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'UTF8')
          )
       OR content.date <> pack.date
       OR (parent.hash IS NOT NULL AND (parent.policy_id <> pack.policy_id OR parent.known_at > pack.known_at))
       OR before.date IS DISTINCT FROM parent.date
       OR policy.known IS NULL
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'pricing pack %: %', wrong.display_id, CASE
            WHEN wrong.wrong_hash THEN 'hash is not that of parent, content, policy and time'
            WHEN wrong.wrong_content THEN 'content is of another day'
            WHEN wrong.wrong_policy THEN 'policy is unknown'
            WHEN wrong.wrong_parent THEN 'parent is of another policy or was known later'
            ELSE 'parent is not the pack of the previous day' END
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'pricing_packs_chain';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dawsos.pricing_packs_chain() IS 'the hash of a pack is that of its parts, and its parent is the pack of the previous day';
CREATE TRIGGER pricing_packs_chain_trg
    AFTER INSERT ON dawsos.pricing_packs
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.pricing_packs_chain();

CREATE TABLE dawsos.pack_builds (
    id uuid PRIMARY KEY,
    policy_id text NOT NULL CHECK (length(policy_id) BETWEEN 1 AND 32),
    date date NOT NULL,
    revision integer NOT NULL CHECK (revision >= 0),
    status text NOT NULL DEFAULT 'warming',
    step text CHECK (length(step) <= 64),
    pack_hash bytea REFERENCES dawsos.pricing_packs (hash),
    coverage jsonb NOT NULL DEFAULT '{}',
    absent jsonb NOT NULL DEFAULT '[]',
    error jsonb,
    requested_by uuid,
    started_at timestamptz NOT NULL DEFAULT now(),
    fresh_at timestamptz,
    estimated_ready_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pack_builds_status_check CHECK (status IN ('warming', 'fresh', 'failed')),
    CONSTRAINT pack_builds_fresh_check CHECK ((status = 'fresh') = (pack_hash IS NOT NULL AND fresh_at IS NOT NULL)),
    CONSTRAINT pack_builds_failed_check CHECK ((status = 'failed') = (error IS NOT NULL))
);
COMMENT ON TABLE dawsos.pack_builds IS '[S] Each attempt to build a pack: warming, then fresh or failed.';
COMMENT ON COLUMN dawsos.pack_builds.id IS 'UUIDv7';
COMMENT ON COLUMN dawsos.pack_builds.policy_id IS 'policy';
COMMENT ON COLUMN dawsos.pack_builds.date IS 'day to build';
COMMENT ON COLUMN dawsos.pack_builds.revision IS 'revision that is built';
COMMENT ON COLUMN dawsos.pack_builds.status IS 'state of the attempt';
COMMENT ON COLUMN dawsos.pack_builds.step IS 'what it does now';
COMMENT ON COLUMN dawsos.pack_builds.pack_hash IS 'pack that came out';
COMMENT ON COLUMN dawsos.pack_builds.coverage IS 'share of expected prices and rates found';
COMMENT ON COLUMN dawsos.pack_builds.absent IS 'what is missing, with reasons';
COMMENT ON COLUMN dawsos.pack_builds.error IS 'why it failed';
COMMENT ON COLUMN dawsos.pack_builds.requested_by IS 'who asked for it';
COMMENT ON COLUMN dawsos.pack_builds.started_at IS 'start';
COMMENT ON COLUMN dawsos.pack_builds.fresh_at IS 'when the pack became usable';
COMMENT ON COLUMN dawsos.pack_builds.estimated_ready_at IS 'expected end';
COMMENT ON COLUMN dawsos.pack_builds.created_at IS 'when the row was written';
CREATE UNIQUE INDEX pack_builds_warming_key ON dawsos.pack_builds (policy_id, date) WHERE status = 'warming';
CREATE INDEX pack_builds_date_idx ON dawsos.pack_builds (policy_id, date DESC, started_at DESC);

CREATE FUNCTION dawsos.pack_builds_transition() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.status <> 'warming' THEN
        RAISE EXCEPTION 'a build that is % stays so', OLD.status
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'pack_builds_transition';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION dawsos.pack_builds_transition() IS 'a build goes from warming to fresh or failed and stays there';
CREATE TRIGGER pack_builds_transition_trg
    BEFORE UPDATE OR DELETE ON dawsos.pack_builds
    FOR EACH ROW EXECUTE FUNCTION dawsos.pack_builds_transition();

CREATE TABLE dawsos.pack_heads (
    policy_id text CHECK (length(policy_id) BETWEEN 1 AND 32),
    date date,
    pack_hash bytea NOT NULL REFERENCES dawsos.pricing_packs (hash),
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (policy_id, date)
);
COMMENT ON TABLE dawsos.pack_heads IS '[S] The current pack of each day; a restatement switches all later days at once.';
COMMENT ON COLUMN dawsos.pack_heads.policy_id IS 'policy';
COMMENT ON COLUMN dawsos.pack_heads.date IS 'day';
COMMENT ON COLUMN dawsos.pack_heads.pack_hash IS 'current pack';
COMMENT ON COLUMN dawsos.pack_heads.since IS 'since when it is current';
CREATE FUNCTION dawsos.pack_heads_match() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (
        SELECT FROM changed AS head
        LEFT JOIN dawsos.pricing_packs AS pack
          ON pack.hash = head.pack_hash AND pack.policy_id = head.policy_id AND pack.date = head.date
        WHERE pack.hash IS NULL
    ) THEN
        RAISE EXCEPTION 'the head of a day is a pack of that day and policy'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'pack_heads_match';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dawsos.pack_heads_match() IS 'the head of a day is a pack of that day and policy';
CREATE TRIGGER pack_heads_match_insert_trg
    AFTER INSERT ON dawsos.pack_heads
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.pack_heads_match();
CREATE TRIGGER pack_heads_match_update_trg
    AFTER UPDATE ON dawsos.pack_heads
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.pack_heads_match();

CREATE TABLE dawsos.pack_supersessions (
    old_hash bytea PRIMARY KEY REFERENCES dawsos.pricing_packs (hash),
    new_hash bytea NOT NULL REFERENCES dawsos.pricing_packs (hash),
    at timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    changed_prices integer NOT NULL CHECK (changed_prices >= 0),
    changed_rates integer NOT NULL CHECK (changed_rates >= 0),
    CONSTRAINT pack_supersessions_hash_check CHECK (old_hash <> new_hash)
);
COMMENT ON TABLE dawsos.pack_supersessions IS '[S] Which pack replaced which, and how much differs.';
COMMENT ON COLUMN dawsos.pack_supersessions.old_hash IS 'replaced pack';
COMMENT ON COLUMN dawsos.pack_supersessions.new_hash IS 'pack of the same day that replaced it';
COMMENT ON COLUMN dawsos.pack_supersessions.at IS 'when';
COMMENT ON COLUMN dawsos.pack_supersessions.reason IS 'why';
COMMENT ON COLUMN dawsos.pack_supersessions.changed_prices IS 'prices of the day that differ';
COMMENT ON COLUMN dawsos.pack_supersessions.changed_rates IS 'rates of the day that differ';
CREATE INDEX pack_supersessions_new_hash_idx ON dawsos.pack_supersessions (new_hash);

-- One partition per year, and one for everything else, so that no date is refused.
DO $$
BEGIN
    FOR year IN 2010..2035 LOOP
        EXECUTE format('CREATE TABLE dawsos.prices_%1$s PARTITION OF dawsos.prices FOR VALUES FROM (%2$L) TO (%3$L)',
            year, make_date(year, 1, 1), make_date(year + 1, 1, 1));
        EXECUTE format('CREATE TABLE dawsos.price_observations_%1$s PARTITION OF dawsos.price_observations FOR VALUES FROM (%2$L) TO (%3$L)',
            year, make_date(year, 1, 1), make_date(year + 1, 1, 1));
    END LOOP;
END
$$;
CREATE TABLE dawsos.prices_other PARTITION OF dawsos.prices DEFAULT;
CREATE TABLE dawsos.price_observations_other PARTITION OF dawsos.price_observations DEFAULT;

-- Immutable for every role. Row triggers reach the partitions, statement triggers also stop TRUNCATE.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['price_observations', 'fx_observations', 'day_contents', 'prices', 'fx_rates', 'pack_policies', 'pricing_packs', 'pack_supersessions']
    LOOP
        EXECUTE format('CREATE TRIGGER %1$s_immutable_trg BEFORE UPDATE OR DELETE OR TRUNCATE ON dawsos.%1$s
            FOR EACH STATEMENT EXECUTE FUNCTION dawsos.refuse_change()', name);
        EXECUTE format('GRANT SELECT ON dawsos.%I TO dawsos_app, dawsos_worker', name);
        EXECUTE format('GRANT INSERT ON dawsos.%I TO dawsos_worker', name);
    END LOOP;
    FOR name IN
        SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent IN ('dawsos.prices'::regclass, 'dawsos.price_observations'::regclass)
    LOOP
        EXECUTE format('CREATE TRIGGER %1$s_immutable_trg BEFORE UPDATE OR DELETE OR TRUNCATE ON dawsos.%1$s
            FOR EACH STATEMENT EXECUTE FUNCTION dawsos.refuse_change()', name);
        EXECUTE format('COMMENT ON TABLE dawsos.%I IS %L', name, '[partition] one year');
    END LOOP;
END
$$;
GRANT SELECT ON dawsos.pack_builds, dawsos.pack_heads TO dawsos_app;
GRANT SELECT, INSERT, UPDATE ON dawsos.pack_builds, dawsos.pack_heads TO dawsos_worker;

-- The policy that packs are built by unless another is named.
INSERT INTO dawsos.pack_policies (id, revision, calendar_rule, cut_off, time_zone, price_sources, fx_sources)
VALUES ('default', 1, 'every_day', '23:00', 'UTC', '{}', '{}');
