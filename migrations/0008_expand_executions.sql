-- Patterns and capabilities as they were, executions, and kept results.

CREATE TABLE dawsos.pattern_versions (
    pattern_id text CHECK (length(pattern_id) BETWEEN 1 AND 100),
    content_hash bytea CHECK (octet_length(content_hash) = 32),
    version text NOT NULL CHECK (length(version) BETWEEN 1 AND 32),
    kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 32),
    body text NOT NULL CHECK (octet_length(body) <= 1048576),
    plan_hash bytea NOT NULL CHECK (octet_length(plan_hash) = 32),
    origin text NOT NULL CHECK (origin IN ('shipped', 'user')),
    loaded_at timestamptz NOT NULL DEFAULT now(),
    loaded_by uuid,
    PRIMARY KEY (pattern_id, content_hash)
);
COMMENT ON TABLE dawsos.pattern_versions IS '[S] Every pattern text that was ever loaded, so that old executions stay reproducible. Never changed.';
COMMENT ON COLUMN dawsos.pattern_versions.pattern_id IS 'id of the pattern';
COMMENT ON COLUMN dawsos.pattern_versions.content_hash IS 'SHA-256 of the text';
COMMENT ON COLUMN dawsos.pattern_versions.version IS 'version that the text names';
COMMENT ON COLUMN dawsos.pattern_versions.kind IS 'pattern or view';
COMMENT ON COLUMN dawsos.pattern_versions.body IS 'the text';
COMMENT ON COLUMN dawsos.pattern_versions.plan_hash IS 'hash of the checked plan';
COMMENT ON COLUMN dawsos.pattern_versions.origin IS 'who wrote it';
COMMENT ON COLUMN dawsos.pattern_versions.loaded_at IS 'when it was first loaded';
COMMENT ON COLUMN dawsos.pattern_versions.loaded_by IS 'who loaded it';

CREATE TABLE dawsos.capability_versions (
    name text CHECK (length(name) BETWEEN 1 AND 100),
    version text CHECK (length(version) BETWEEN 1 AND 32),
    agent text NOT NULL CHECK (length(agent) BETWEEN 1 AND 64),
    declaration jsonb NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, version)
);
COMMENT ON TABLE dawsos.capability_versions IS '[S] Every declaration of a capability that was ever offered. Never changed.';
COMMENT ON COLUMN dawsos.capability_versions.name IS 'name of the capability';
COMMENT ON COLUMN dawsos.capability_versions.version IS 'its version';
COMMENT ON COLUMN dawsos.capability_versions.agent IS 'agent that offers it';
COMMENT ON COLUMN dawsos.capability_versions.declaration IS 'inputs, outputs, reads, cost';
COMMENT ON COLUMN dawsos.capability_versions.first_seen_at IS 'when it was first offered';
CREATE TRIGGER pattern_versions_immutable_trg BEFORE UPDATE OR DELETE OR TRUNCATE ON dawsos.pattern_versions
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.refuse_change();
CREATE TRIGGER capability_versions_immutable_trg BEFORE UPDATE OR DELETE OR TRUNCATE ON dawsos.capability_versions
    FOR EACH STATEMENT EXECUTE FUNCTION dawsos.refuse_change();
GRANT SELECT ON dawsos.pattern_versions, dawsos.capability_versions TO dawsos_app;
GRANT SELECT, INSERT ON dawsos.pattern_versions, dawsos.capability_versions TO dawsos_worker;

CREATE TABLE dawsos.executions (
    user_id uuid,
    id uuid,
    pattern_id text NOT NULL CHECK (length(pattern_id) BETWEEN 1 AND 100),
    pattern_hash bytea NOT NULL CHECK (octet_length(pattern_hash) = 32),
    mode text NOT NULL CHECK (mode IN ('sync', 'async')),
    trigger text NOT NULL CHECK (trigger IN ('api', 'ui', 'cli', 'mcp', 'job', 'ai')),
    inputs jsonb NOT NULL,
    context jsonb NOT NULL,
    result_key bytea CHECK (octet_length(result_key) = 32),
    status text NOT NULL CHECK (status IN ('queued', 'running', 'finished', 'failed', 'cancelled')),
    error jsonb,
    replica_id uuid,
    admitted_at timestamptz,
    finished_at timestamptz,
    trace bytea CHECK (octet_length(trace) <= 16777216),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id)
) PARTITION BY RANGE (id);
COMMENT ON TABLE dawsos.executions IS '[T U] Runs of patterns: what was asked, in which context, and how it went.';
COMMENT ON COLUMN dawsos.executions.user_id IS 'who ran it';
COMMENT ON COLUMN dawsos.executions.id IS 'UUIDv7; its time decides on the partition';
COMMENT ON COLUMN dawsos.executions.pattern_id IS 'pattern';
COMMENT ON COLUMN dawsos.executions.pattern_hash IS 'text of the pattern';
COMMENT ON COLUMN dawsos.executions.mode IS 'whether the caller waited';
COMMENT ON COLUMN dawsos.executions.trigger IS 'who asked';
COMMENT ON COLUMN dawsos.executions.inputs IS 'resolved inputs';
COMMENT ON COLUMN dawsos.executions.context IS 'as_of, known_at, pack_hash, ledger_commit, base_currency, deadline';
COMMENT ON COLUMN dawsos.executions.result_key IS 'key of the result';
COMMENT ON COLUMN dawsos.executions.status IS 'how far it is';
COMMENT ON COLUMN dawsos.executions.error IS 'why it failed';
COMMENT ON COLUMN dawsos.executions.replica_id IS 'server that ran it';
COMMENT ON COLUMN dawsos.executions.admitted_at IS 'when the governor admitted it';
COMMENT ON COLUMN dawsos.executions.finished_at IS 'when it ended';
COMMENT ON COLUMN dawsos.executions.trace IS 'steps with times, zstd of JSON';
COMMENT ON COLUMN dawsos.executions.created_at IS 'when the row was written';
CREATE INDEX executions_pattern_idx ON dawsos.executions (user_id, pattern_id, id DESC);
CREATE TABLE dawsos.executions_other PARTITION OF dawsos.executions DEFAULT;
COMMENT ON TABLE dawsos.executions_other IS '[partition] whatever no monthly partition takes';

CREATE TABLE dawsos.results (
    user_id uuid REFERENCES dawsos.users (id) ON DELETE CASCADE,
    result_key bytea CHECK (octet_length(result_key) = 32),
    pattern_hash bytea NOT NULL CHECK (octet_length(pattern_hash) = 32),
    pack_hash bytea CHECK (octet_length(pack_hash) = 32),
    ledger_commit bytea CHECK (octet_length(ledger_commit) = 32),
    capability_versions jsonb NOT NULL,
    outputs bytea NOT NULL CHECK (octet_length(outputs) <= 33554432),
    output_hash bytea NOT NULL CHECK (octet_length(output_hash) = 32),
    bytes integer NOT NULL CHECK (bytes >= 0),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, result_key)
);
COMMENT ON TABLE dawsos.results IS '[T U] Kept results by the hash of everything that they depend on.';
COMMENT ON COLUMN dawsos.results.user_id IS 'whose result';
COMMENT ON COLUMN dawsos.results.result_key IS 'hash of plan, inputs, pack, ledger commit and user';
COMMENT ON COLUMN dawsos.results.pattern_hash IS 'text of the pattern';
COMMENT ON COLUMN dawsos.results.pack_hash IS 'pack that it read';
COMMENT ON COLUMN dawsos.results.ledger_commit IS 'ledger that it read';
COMMENT ON COLUMN dawsos.results.capability_versions IS 'versions of the capabilities that made it';
COMMENT ON COLUMN dawsos.results.outputs IS 'zstd of canonical JSON';
COMMENT ON COLUMN dawsos.results.output_hash IS 'SHA-256 of the canonical JSON';
COMMENT ON COLUMN dawsos.results.bytes IS 'size uncompressed';
COMMENT ON COLUMN dawsos.results.last_used_at IS 'last reading, for the size bound';
COMMENT ON COLUMN dawsos.results.expires_at IS 'end of validity';
COMMENT ON COLUMN dawsos.results.created_at IS 'when the row was written';
CREATE INDEX results_last_used_idx ON dawsos.results (user_id, last_used_at);

ALTER TABLE dawsos.executions ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.executions FORCE ROW LEVEL SECURITY;
CREATE POLICY executions_select_app ON dawsos.executions
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY executions_select_app ON dawsos.executions IS 'the user reads its own rows';
CREATE POLICY executions_insert_app ON dawsos.executions
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY executions_insert_app ON dawsos.executions IS 'the user adds rows of its own only';
CREATE POLICY executions_update_app ON dawsos.executions
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY executions_update_app ON dawsos.executions IS 'the user changes its own rows only';
CREATE POLICY executions_delete_app ON dawsos.executions
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY executions_delete_app ON dawsos.executions IS 'the user deletes its own rows only';
CREATE POLICY executions_select_worker ON dawsos.executions
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY executions_select_worker ON dawsos.executions IS 'a job reads the rows of the one user that it works for';
CREATE POLICY executions_insert_worker ON dawsos.executions
    FOR INSERT TO dawsos_worker
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY executions_insert_worker ON dawsos.executions IS 'a job writes for the one user that it works for';
CREATE POLICY executions_update_worker ON dawsos.executions
    FOR UPDATE TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY executions_update_worker ON dawsos.executions IS 'a job writes for the one user that it works for';
CREATE POLICY executions_delete_worker ON dawsos.executions
    FOR DELETE TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY executions_delete_worker ON dawsos.executions IS 'a job cleans up for the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.executions TO dawsos_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.executions TO dawsos_worker;
ALTER TABLE dawsos.results ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.results FORCE ROW LEVEL SECURITY;
CREATE POLICY results_select_app ON dawsos.results
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY results_select_app ON dawsos.results IS 'the user reads its own rows';
CREATE POLICY results_insert_app ON dawsos.results
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY results_insert_app ON dawsos.results IS 'the user adds rows of its own only';
CREATE POLICY results_update_app ON dawsos.results
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY results_update_app ON dawsos.results IS 'the user changes its own rows only';
CREATE POLICY results_delete_app ON dawsos.results
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY results_delete_app ON dawsos.results IS 'the user deletes its own rows only';
CREATE POLICY results_select_worker ON dawsos.results
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY results_select_worker ON dawsos.results IS 'a job reads the rows of the one user that it works for';
CREATE POLICY results_insert_worker ON dawsos.results
    FOR INSERT TO dawsos_worker
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY results_insert_worker ON dawsos.results IS 'a job writes for the one user that it works for';
CREATE POLICY results_update_worker ON dawsos.results
    FOR UPDATE TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY results_update_worker ON dawsos.results IS 'a job writes for the one user that it works for';
CREATE POLICY results_delete_worker ON dawsos.results
    FOR DELETE TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY results_delete_worker ON dawsos.results IS 'a job cleans up for the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.results TO dawsos_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.results TO dawsos_worker;

ALTER TABLE dawsos.executions_other ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.executions_other FORCE ROW LEVEL SECURITY;
