-- Replicas, settings and the audit log.

CREATE TABLE dawsos.replicas (
    id uuid PRIMARY KEY,
    host text NOT NULL CHECK (length(host) <= 255),
    pid integer NOT NULL,
    version text NOT NULL CHECK (length(version) <= 64),
    state text NOT NULL CHECK (state IN ('starting', 'ready', 'draining')),
    connection_budget integer NOT NULL CHECK (connection_budget >= 0),
    open_connections integer NOT NULL DEFAULT 0 CHECK (open_connections >= 0),
    leases_out integer NOT NULL DEFAULT 0 CHECK (leases_out >= 0),
    address text CHECK (length(address) <= 255),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE dawsos.replicas IS '[Y] Servers that share this database.';
COMMENT ON COLUMN dawsos.replicas.id IS 'UUIDv7 of the process';
COMMENT ON COLUMN dawsos.replicas.host IS 'machine';
COMMENT ON COLUMN dawsos.replicas.pid IS 'process';
COMMENT ON COLUMN dawsos.replicas.version IS 'release';
COMMENT ON COLUMN dawsos.replicas.state IS 'what it does';
COMMENT ON COLUMN dawsos.replicas.connection_budget IS 'connections that it may open';
COMMENT ON COLUMN dawsos.replicas.open_connections IS 'connections that it has open';
COMMENT ON COLUMN dawsos.replicas.leases_out IS 'leases given out';
COMMENT ON COLUMN dawsos.replicas.address IS 'where it listens';
COMMENT ON COLUMN dawsos.replicas.last_seen_at IS 'last heartbeat; dead after 10 s';
COMMENT ON COLUMN dawsos.replicas.created_at IS 'when the row was written';

CREATE TABLE dawsos.system_settings (
    key text PRIMARY KEY CHECK (key ~ '^[a-z][a-z0-9_.]{0,99}$'),
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    value jsonb NOT NULL,
    updated_by uuid,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE dawsos.system_settings IS '[Y] Settings of the installation.';
COMMENT ON COLUMN dawsos.system_settings.key IS 'name of the setting';
COMMENT ON COLUMN dawsos.system_settings.version IS 'raised by each change; the ETag';
COMMENT ON COLUMN dawsos.system_settings.value IS 'its value';
COMMENT ON COLUMN dawsos.system_settings.updated_by IS 'who set it';
COMMENT ON COLUMN dawsos.system_settings.created_at IS 'when the row was written';

CREATE TABLE dawsos.audit_log (
    id uuid PRIMARY KEY,
    actor_id uuid,
    subject_user_id uuid,
    action text NOT NULL CHECK (length(action) BETWEEN 1 AND 100),
    resource_type text NOT NULL CHECK (length(resource_type) BETWEEN 1 AND 64),
    resource_id text NOT NULL CHECK (length(resource_id) <= 200),
    detail jsonb NOT NULL DEFAULT '{}' CHECK (pg_column_size(detail) <= 16384),
    ip inet,
    user_agent text CHECK (length(user_agent) <= 512),
    request_id text CHECK (length(request_id) <= 64),
    trace_id text CHECK (length(trace_id) <= 64),
    created_at timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (id);
COMMENT ON TABLE dawsos.audit_log IS '[A] Who did what: names and ids, no amounts. Never changed.';
COMMENT ON COLUMN dawsos.audit_log.id IS 'UUIDv7; its time decides on the partition';
COMMENT ON COLUMN dawsos.audit_log.actor_id IS 'who did it; absent for the system';
COMMENT ON COLUMN dawsos.audit_log.subject_user_id IS 'whose data it was, where that is another user';
COMMENT ON COLUMN dawsos.audit_log.action IS 'what was done';
COMMENT ON COLUMN dawsos.audit_log.resource_type IS 'to what kind of thing';
COMMENT ON COLUMN dawsos.audit_log.resource_id IS 'to which';
COMMENT ON COLUMN dawsos.audit_log.detail IS 'names and ids';
COMMENT ON COLUMN dawsos.audit_log.ip IS 'address of the request';
COMMENT ON COLUMN dawsos.audit_log.user_agent IS 'client of the request';
COMMENT ON COLUMN dawsos.audit_log.request_id IS 'id of the request';
COMMENT ON COLUMN dawsos.audit_log.trace_id IS 'trace of the request';
COMMENT ON COLUMN dawsos.audit_log.created_at IS 'when the row was written';
CREATE INDEX audit_log_actor_idx ON dawsos.audit_log (actor_id, id DESC);
CREATE INDEX audit_log_resource_idx ON dawsos.audit_log (resource_type, resource_id);
CREATE TABLE dawsos.audit_log_other PARTITION OF dawsos.audit_log DEFAULT;
COMMENT ON TABLE dawsos.audit_log_other IS '[partition] whatever no monthly partition takes';
CREATE TRIGGER audit_log_immutable_trg BEFORE UPDATE OR DELETE OR TRUNCATE ON dawsos.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.refuse_change();
CREATE TRIGGER audit_log_other_immutable_trg BEFORE UPDATE OR DELETE OR TRUNCATE ON dawsos.audit_log_other
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.refuse_change();

ALTER TABLE dawsos.replicas ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.replicas FORCE ROW LEVEL SECURITY;
CREATE POLICY replicas_all_worker ON dawsos.replicas FOR ALL TO dawsos_worker USING (true) WITH CHECK (true);
COMMENT ON POLICY replicas_all_worker ON dawsos.replicas IS 'servers see each other';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.replicas TO dawsos_worker;

ALTER TABLE dawsos.system_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.system_settings FORCE ROW LEVEL SECURITY;
CREATE POLICY system_settings_select_app ON dawsos.system_settings FOR SELECT TO dawsos_app, dawsos_auth USING (true);
COMMENT ON POLICY system_settings_select_app ON dawsos.system_settings IS 'settings are no secret; secrets are never kept here';
CREATE POLICY system_settings_all_worker ON dawsos.system_settings FOR ALL TO dawsos_worker USING (true) WITH CHECK (true);
COMMENT ON POLICY system_settings_all_worker ON dawsos.system_settings IS 'settings are written after the permission check';
GRANT SELECT ON dawsos.system_settings TO dawsos_app, dawsos_auth;
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.system_settings TO dawsos_worker;

ALTER TABLE dawsos.audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.audit_log FORCE ROW LEVEL SECURITY;
ALTER TABLE dawsos.audit_log_other ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.audit_log_other FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_log_select_app ON dawsos.audit_log FOR SELECT TO dawsos_app USING (actor_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY audit_log_select_app ON dawsos.audit_log IS 'a user reads what it did itself';
CREATE POLICY audit_log_insert_app ON dawsos.audit_log FOR INSERT TO dawsos_app WITH CHECK (actor_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY audit_log_insert_app ON dawsos.audit_log IS 'a user is the actor of what it writes';
CREATE POLICY audit_log_insert_auth ON dawsos.audit_log FOR INSERT TO dawsos_auth WITH CHECK (true);
COMMENT ON POLICY audit_log_insert_auth ON dawsos.audit_log IS 'sign-in writes for anybody';
CREATE POLICY audit_log_select_auth ON dawsos.audit_log FOR SELECT TO dawsos_auth USING (true);
COMMENT ON POLICY audit_log_select_auth ON dawsos.audit_log IS 'administration reads everything, after the permission check';
CREATE POLICY audit_log_insert_worker ON dawsos.audit_log FOR INSERT TO dawsos_worker WITH CHECK (true);
COMMENT ON POLICY audit_log_insert_worker ON dawsos.audit_log IS 'jobs write what they did';
GRANT SELECT, INSERT ON dawsos.audit_log TO dawsos_app, dawsos_auth;
GRANT INSERT ON dawsos.audit_log TO dawsos_worker;

-- Log tables are cut by month of their UUIDv7; the worker makes the months ahead of time.
CREATE FUNCTION dawsos.ensure_month_partitions(months_ahead integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    parent text;
    month date;
    child text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('dawsos.ensure_month_partitions', 0));
    FOREACH parent IN ARRAY ARRAY['executions', 'audit_log'] LOOP
        FOR month IN
            SELECT generate_series(date_trunc('month', now() AT TIME ZONE 'UTC'),
                                   date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => least(months_ahead, 24)),
                                   interval '1 month')::date
        LOOP
            child := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
            CONTINUE WHEN to_regclass('dawsos.' || child) IS NOT NULL;
            BEGIN
                EXECUTE format('CREATE TABLE dawsos.%I PARTITION OF dawsos.%I FOR VALUES FROM (%L) TO (%L)', child, parent,
                    dawsos.uuid_floor(month), dawsos.uuid_floor((month + interval '1 month')::date));
                EXECUTE format('COMMENT ON TABLE dawsos.%I IS %L', child, '[partition] one month');
                EXECUTE format('ALTER TABLE dawsos.%I ENABLE ROW LEVEL SECURITY', child);
                EXECUTE format('ALTER TABLE dawsos.%I FORCE ROW LEVEL SECURITY', child);
                IF parent = 'audit_log' THEN
                    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON dawsos.%I
                        FOR EACH STATEMENT EXECUTE FUNCTION dawsos.refuse_change()', child || '_immutable_trg', child);
                END IF;
                made := made + 1;
            EXCEPTION WHEN check_violation THEN
                NULL; -- rows of this month are in the default partition already: they stay there
            END;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION dawsos.ensure_month_partitions(integer) IS 'makes the partitions of this month and the coming ones';

CREATE FUNCTION dawsos.uuid_floor(day date) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT
    AS $$
        SELECT (lpad(to_hex((extract(epoch FROM day::timestamp) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
    $$;
COMMENT ON FUNCTION dawsos.uuid_floor(date) IS 'the smallest UUIDv7 of a day in UTC';
GRANT EXECUTE ON FUNCTION dawsos.ensure_month_partitions(integer) TO dawsos_worker;
