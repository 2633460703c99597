-- Users, their sessions, tokens, links and settings.

CREATE TABLE dawsos.users (
    id uuid PRIMARY KEY,
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    email text NOT NULL CHECK (length(email) BETWEEN 3 AND 320),
    email_normalized text NOT NULL CHECK (length(email_normalized) BETWEEN 3 AND 320),
    display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 120),
    password_hash text CHECK (length(password_hash) <= 512),
    role text NOT NULL,
    status text NOT NULL CHECK (status IN ('invited', 'active', 'disabled')),
    locale text NOT NULL DEFAULT 'en' CHECK (length(locale) BETWEEN 2 AND 35),
    time_zone text NOT NULL DEFAULT 'UTC' CHECK (length(time_zone) BETWEEN 1 AND 64),
    totp_secret_sealed bytea CHECK (octet_length(totp_secret_sealed) <= 512),
    totp_confirmed_at timestamptz,
    last_login_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_email_normalized_key UNIQUE (email_normalized),
    CONSTRAINT users_role_check CHECK (role IN ('VIEWER', 'USER', 'MANAGER', 'ADMIN')),
    CONSTRAINT users_active_check CHECK (status <> 'active' OR password_hash IS NOT NULL)
);
COMMENT ON TABLE dawsos.users IS '[I] People who may sign in.';
COMMENT ON COLUMN dawsos.users.id IS 'UUIDv7';
COMMENT ON COLUMN dawsos.users.version IS 'raised by each change; the ETag';
COMMENT ON COLUMN dawsos.users.email IS 'address as typed';
COMMENT ON COLUMN dawsos.users.email_normalized IS 'address as compared: lower case, NFKC';
COMMENT ON COLUMN dawsos.users.display_name IS 'name on screen';
COMMENT ON COLUMN dawsos.users.password_hash IS 'Argon2id in PHC form; absent until the invitation is taken';
COMMENT ON COLUMN dawsos.users.role IS 'rank that the permissions follow from';
COMMENT ON COLUMN dawsos.users.status IS 'whether the person may sign in';
COMMENT ON COLUMN dawsos.users.locale IS 'BCP 47 tag of texts and number forms';
COMMENT ON COLUMN dawsos.users.time_zone IS 'IANA zone of local days';
COMMENT ON COLUMN dawsos.users.totp_secret_sealed IS 'sealed secret of the second factor';
COMMENT ON COLUMN dawsos.users.totp_confirmed_at IS 'when the second factor was confirmed; before that it is not asked for';
COMMENT ON COLUMN dawsos.users.last_login_at IS 'last successful sign-in';
COMMENT ON COLUMN dawsos.users.created_at IS 'when the row was written';
ALTER TABLE dawsos.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.users FORCE ROW LEVEL SECURITY;
CREATE POLICY users_select_app ON dawsos.users FOR SELECT TO dawsos_app USING (id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY users_select_app ON dawsos.users IS 'a user reads its own row, named columns only';
CREATE POLICY users_update_app ON dawsos.users FOR UPDATE TO dawsos_app USING (id = (SELECT dawsos.app_user_id())) WITH CHECK (id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY users_update_app ON dawsos.users IS 'a user changes its own name, locale and zone';
CREATE POLICY users_all_auth ON dawsos.users FOR ALL TO dawsos_auth USING (true) WITH CHECK (true);
COMMENT ON POLICY users_all_auth ON dawsos.users IS 'sign-in and administration work on every account';
GRANT SELECT (id, version, email, display_name, role, status, locale, time_zone, totp_confirmed_at, last_login_at, created_at) ON dawsos.users TO dawsos_app;
GRANT UPDATE (display_name, locale, time_zone, version) ON dawsos.users TO dawsos_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.users TO dawsos_auth;

CREATE FUNCTION dawsos.users_keep_admin() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.role = 'ADMIN' AND OLD.status = 'active'
       AND NOT EXISTS (SELECT FROM dawsos.users WHERE role = 'ADMIN' AND status = 'active') THEN
        RAISE EXCEPTION 'the last active administrator stays'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'users_last_admin';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dawsos.users_keep_admin() IS 'at least one active ADMIN stays';
CREATE CONSTRAINT TRIGGER users_last_admin_trg
    AFTER UPDATE OR DELETE ON dawsos.users
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION dawsos.users_keep_admin();

CREATE TABLE dawsos.sessions (
    user_id uuid REFERENCES dawsos.users (id) ON DELETE CASCADE,
    id uuid,
    kind text NOT NULL CHECK (kind IN ('browser', 'api')),
    secret_hash bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
    csrf_key bytea NOT NULL CHECK (octet_length(csrf_key) = 32),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    ip inet,
    user_agent text CHECK (length(user_agent) <= 512),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    CONSTRAINT sessions_secret_hash_key UNIQUE (secret_hash),
    CONSTRAINT sessions_id_key UNIQUE (id)
);
COMMENT ON TABLE dawsos.sessions IS '[I] Signed-in browsers and API clients.';
COMMENT ON COLUMN dawsos.sessions.user_id IS 'whose session';
COMMENT ON COLUMN dawsos.sessions.id IS 'UUIDv7; claim sid of access tokens';
COMMENT ON COLUMN dawsos.sessions.kind IS 'cookie or token pair';
COMMENT ON COLUMN dawsos.sessions.secret_hash IS 'SHA-256 of the cookie''s secret';
COMMENT ON COLUMN dawsos.sessions.csrf_key IS 'key of the anti-forgery token';
COMMENT ON COLUMN dawsos.sessions.last_seen_at IS 'last request, for the idle limit';
COMMENT ON COLUMN dawsos.sessions.expires_at IS 'absolute end';
COMMENT ON COLUMN dawsos.sessions.revoked_at IS 'when it was ended early';
COMMENT ON COLUMN dawsos.sessions.ip IS 'address of the sign-in';
COMMENT ON COLUMN dawsos.sessions.user_agent IS 'client of the sign-in';
COMMENT ON COLUMN dawsos.sessions.created_at IS 'when the row was written';
CREATE INDEX sessions_live_idx ON dawsos.sessions (user_id, expires_at) WHERE revoked_at IS NULL;
ALTER TABLE dawsos.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY sessions_select_app ON dawsos.sessions FOR SELECT TO dawsos_app USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY sessions_select_app ON dawsos.sessions IS 'a user lists its own sessions, without the secrets';
CREATE POLICY sessions_all_auth ON dawsos.sessions FOR ALL TO dawsos_auth USING (true) WITH CHECK (true);
COMMENT ON POLICY sessions_all_auth ON dawsos.sessions IS 'sign-in opens, checks and ends sessions';
GRANT SELECT (user_id, id, kind, last_seen_at, expires_at, revoked_at, ip, user_agent, created_at) ON dawsos.sessions TO dawsos_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.sessions TO dawsos_auth;

CREATE TABLE dawsos.refresh_tokens (
    user_id uuid,
    id uuid,
    session_id uuid NOT NULL,
    token_hash bytea NOT NULL CHECK (octet_length(token_hash) = 32),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    replaced_by uuid,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    CONSTRAINT refresh_tokens_token_hash_key UNIQUE (token_hash),
    CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (user_id, session_id) REFERENCES dawsos.sessions (user_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE dawsos.refresh_tokens IS '[I] Single-use tokens that renew an API session.';
COMMENT ON COLUMN dawsos.refresh_tokens.user_id IS 'whose token';
COMMENT ON COLUMN dawsos.refresh_tokens.id IS 'UUIDv7';
COMMENT ON COLUMN dawsos.refresh_tokens.session_id IS 'session that it renews; all tokens of one session are a family';
COMMENT ON COLUMN dawsos.refresh_tokens.token_hash IS 'SHA-256 of the token';
COMMENT ON COLUMN dawsos.refresh_tokens.expires_at IS 'end of validity';
COMMENT ON COLUMN dawsos.refresh_tokens.used_at IS 'when it was exchanged; a second use revokes the family';
COMMENT ON COLUMN dawsos.refresh_tokens.replaced_by IS 'token that it was exchanged for';
COMMENT ON COLUMN dawsos.refresh_tokens.revoked_at IS 'when it was ended early';
COMMENT ON COLUMN dawsos.refresh_tokens.created_at IS 'when the row was written';
CREATE INDEX refresh_tokens_session_idx ON dawsos.refresh_tokens (user_id, session_id);
ALTER TABLE dawsos.refresh_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.refresh_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY refresh_tokens_all_auth ON dawsos.refresh_tokens FOR ALL TO dawsos_auth USING (true) WITH CHECK (true);
COMMENT ON POLICY refresh_tokens_all_auth ON dawsos.refresh_tokens IS 'only sign-in touches refresh tokens';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.refresh_tokens TO dawsos_auth;

CREATE TABLE dawsos.access_tokens (
    user_id uuid REFERENCES dawsos.users (id) ON DELETE CASCADE,
    id uuid,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    prefix text NOT NULL CHECK (length(prefix) BETWEEN 4 AND 32),
    token_hash bytea NOT NULL CHECK (octet_length(token_hash) = 32),
    scopes text[] NOT NULL CHECK (cardinality(scopes) <= 64),
    portfolio_ids uuid[] CHECK (cardinality(portfolio_ids) <= 1000),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    CONSTRAINT access_tokens_token_hash_key UNIQUE (token_hash),
    CONSTRAINT access_tokens_name_key UNIQUE (user_id, name)
);
COMMENT ON TABLE dawsos.access_tokens IS '[I] Personal access tokens for scripts.';
COMMENT ON COLUMN dawsos.access_tokens.user_id IS 'whose token';
COMMENT ON COLUMN dawsos.access_tokens.id IS 'UUIDv7';
COMMENT ON COLUMN dawsos.access_tokens.name IS 'name given by the user';
COMMENT ON COLUMN dawsos.access_tokens.prefix IS 'first characters, to recognise it';
COMMENT ON COLUMN dawsos.access_tokens.token_hash IS 'SHA-256 of the token';
COMMENT ON COLUMN dawsos.access_tokens.scopes IS 'permissions, never above the owner''s role';
COMMENT ON COLUMN dawsos.access_tokens.portfolio_ids IS 'portfolios that it is limited to';
COMMENT ON COLUMN dawsos.access_tokens.expires_at IS 'end of validity';
COMMENT ON COLUMN dawsos.access_tokens.last_used_at IS 'last request';
COMMENT ON COLUMN dawsos.access_tokens.revoked_at IS 'when it was ended early';
COMMENT ON COLUMN dawsos.access_tokens.created_at IS 'when the row was written';
ALTER TABLE dawsos.access_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.access_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY access_tokens_select_app ON dawsos.access_tokens FOR SELECT TO dawsos_app USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY access_tokens_select_app ON dawsos.access_tokens IS 'a user lists its own tokens, without the hash';
CREATE POLICY access_tokens_insert_app ON dawsos.access_tokens FOR INSERT TO dawsos_app WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY access_tokens_insert_app ON dawsos.access_tokens IS 'a user makes tokens of its own';
CREATE POLICY access_tokens_update_app ON dawsos.access_tokens FOR UPDATE TO dawsos_app USING (user_id = (SELECT dawsos.app_user_id())) WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY access_tokens_update_app ON dawsos.access_tokens IS 'a user revokes its own tokens';
CREATE POLICY access_tokens_all_auth ON dawsos.access_tokens FOR ALL TO dawsos_auth USING (true) WITH CHECK (true);
COMMENT ON POLICY access_tokens_all_auth ON dawsos.access_tokens IS 'a request is recognised by its token before a user is known';
GRANT SELECT (user_id, id, name, prefix, scopes, portfolio_ids, expires_at, last_used_at, revoked_at, created_at) ON dawsos.access_tokens TO dawsos_app;
GRANT INSERT ON dawsos.access_tokens TO dawsos_app;
GRANT UPDATE (revoked_at) ON dawsos.access_tokens TO dawsos_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.access_tokens TO dawsos_auth;

CREATE TABLE dawsos.account_links (
    id uuid PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('setup', 'invite', 'reset', 'email')),
    token_hash bytea NOT NULL CHECK (octet_length(token_hash) = 32),
    user_id uuid REFERENCES dawsos.users (id) ON DELETE CASCADE,
    role text CHECK (role IN ('VIEWER', 'USER', 'MANAGER', 'ADMIN')),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    created_by uuid REFERENCES dawsos.users (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT account_links_token_hash_key UNIQUE (token_hash)
);
COMMENT ON TABLE dawsos.account_links IS '[I] One-time links: first set-up, invitations, resets, change of address.';
COMMENT ON COLUMN dawsos.account_links.id IS 'UUIDv7';
COMMENT ON COLUMN dawsos.account_links.purpose IS 'what the link does';
COMMENT ON COLUMN dawsos.account_links.token_hash IS 'SHA-256 of the token';
COMMENT ON COLUMN dawsos.account_links.user_id IS 'account that it is for; absent for set-up';
COMMENT ON COLUMN dawsos.account_links.role IS 'role that it grants';
COMMENT ON COLUMN dawsos.account_links.expires_at IS 'end of validity';
COMMENT ON COLUMN dawsos.account_links.used_at IS 'when it was used or replaced';
COMMENT ON COLUMN dawsos.account_links.created_by IS 'who made it';
COMMENT ON COLUMN dawsos.account_links.created_at IS 'when the row was written';
CREATE UNIQUE INDEX account_links_setup_key ON dawsos.account_links (purpose) WHERE purpose = 'setup' AND used_at IS NULL;
ALTER TABLE dawsos.account_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.account_links FORCE ROW LEVEL SECURITY;
CREATE POLICY account_links_all_auth ON dawsos.account_links FOR ALL TO dawsos_auth USING (true) WITH CHECK (true);
COMMENT ON POLICY account_links_all_auth ON dawsos.account_links IS 'only sign-in and administration touch links';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.account_links TO dawsos_auth;

CREATE TABLE dawsos.login_throttle (
    key_hash bytea PRIMARY KEY CHECK (octet_length(key_hash) = 32),
    failures integer NOT NULL,
    window_started_at timestamptz NOT NULL DEFAULT now(),
    locked_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT login_throttle_failures_check CHECK (failures >= 0)
);
COMMENT ON TABLE dawsos.login_throttle IS '[I] Failed sign-ins by hashed account name, known or not.';
COMMENT ON COLUMN dawsos.login_throttle.key_hash IS 'SHA-256 of the normalised address';
COMMENT ON COLUMN dawsos.login_throttle.failures IS 'failures in the window';
COMMENT ON COLUMN dawsos.login_throttle.window_started_at IS 'first failure of the window';
COMMENT ON COLUMN dawsos.login_throttle.locked_until IS 'end of the lock-out';
COMMENT ON COLUMN dawsos.login_throttle.created_at IS 'when the row was written';
ALTER TABLE dawsos.login_throttle ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.login_throttle FORCE ROW LEVEL SECURITY;
CREATE POLICY login_throttle_all_auth ON dawsos.login_throttle FOR ALL TO dawsos_auth USING (true) WITH CHECK (true);
COMMENT ON POLICY login_throttle_all_auth ON dawsos.login_throttle IS 'only sign-in counts failures';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.login_throttle TO dawsos_auth;

CREATE TABLE dawsos.user_settings (
    user_id uuid PRIMARY KEY REFERENCES dawsos.users (id) ON DELETE CASCADE,
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    settings jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object' AND pg_column_size(settings) <= 65536),
    default_portfolio_id uuid,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE dawsos.user_settings IS '[T U] Preferences of a user.';
COMMENT ON COLUMN dawsos.user_settings.user_id IS 'whose settings';
COMMENT ON COLUMN dawsos.user_settings.version IS 'raised by each change; the ETag';
COMMENT ON COLUMN dawsos.user_settings.settings IS 'document checked by the server';
COMMENT ON COLUMN dawsos.user_settings.default_portfolio_id IS 'portfolio that is meant where none is named';
COMMENT ON COLUMN dawsos.user_settings.created_at IS 'when the row was written';

CREATE TABLE dawsos.idempotency_keys (
    user_id uuid REFERENCES dawsos.users (id) ON DELETE CASCADE,
    key text,
    method text NOT NULL CHECK (length(method) <= 16),
    path text NOT NULL CHECK (length(path) <= 512),
    request_hash bytea NOT NULL CHECK (octet_length(request_hash) = 32),
    state text NOT NULL CHECK (state IN ('running', 'done')),
    response_status smallint CHECK (response_status BETWEEN 100 AND 599),
    response_headers jsonb,
    response_body bytea CHECK (octet_length(response_body) <= 4194304),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key),
    CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 128),
    CONSTRAINT idempotency_keys_done_check CHECK ((state = 'done') = (response_status IS NOT NULL))
);
COMMENT ON TABLE dawsos.idempotency_keys IS '[T U] Answers of writing requests, kept so that a repeated request is not done twice.';
COMMENT ON COLUMN dawsos.idempotency_keys.user_id IS 'whose request';
COMMENT ON COLUMN dawsos.idempotency_keys.key IS 'header Idempotency-Key';
COMMENT ON COLUMN dawsos.idempotency_keys.method IS 'HTTP method';
COMMENT ON COLUMN dawsos.idempotency_keys.path IS 'HTTP path';
COMMENT ON COLUMN dawsos.idempotency_keys.request_hash IS 'SHA-256 of method, path and body';
COMMENT ON COLUMN dawsos.idempotency_keys.state IS 'whether the answer is known';
COMMENT ON COLUMN dawsos.idempotency_keys.response_status IS 'HTTP status of the answer';
COMMENT ON COLUMN dawsos.idempotency_keys.response_headers IS 'headers to repeat';
COMMENT ON COLUMN dawsos.idempotency_keys.response_body IS 'body to repeat';
COMMENT ON COLUMN dawsos.idempotency_keys.expires_at IS 'when the key may be used anew';
COMMENT ON COLUMN dawsos.idempotency_keys.created_at IS 'when the row was written';
CREATE INDEX idempotency_keys_expires_idx ON dawsos.idempotency_keys (user_id, expires_at);

ALTER TABLE dawsos.user_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.user_settings FORCE ROW LEVEL SECURITY;
CREATE POLICY user_settings_select_app ON dawsos.user_settings
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY user_settings_select_app ON dawsos.user_settings IS 'the user reads its own rows';
CREATE POLICY user_settings_insert_app ON dawsos.user_settings
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY user_settings_insert_app ON dawsos.user_settings IS 'the user adds rows of its own only';
CREATE POLICY user_settings_update_app ON dawsos.user_settings
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY user_settings_update_app ON dawsos.user_settings IS 'the user changes its own rows only';
CREATE POLICY user_settings_delete_app ON dawsos.user_settings
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY user_settings_delete_app ON dawsos.user_settings IS 'the user deletes its own rows only';
CREATE POLICY user_settings_select_worker ON dawsos.user_settings
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY user_settings_select_worker ON dawsos.user_settings IS 'a job reads the rows of the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.user_settings TO dawsos_app;
GRANT SELECT ON dawsos.user_settings TO dawsos_worker;
ALTER TABLE dawsos.idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY idempotency_keys_select_app ON dawsos.idempotency_keys
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY idempotency_keys_select_app ON dawsos.idempotency_keys IS 'the user reads its own rows';
CREATE POLICY idempotency_keys_insert_app ON dawsos.idempotency_keys
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY idempotency_keys_insert_app ON dawsos.idempotency_keys IS 'the user adds rows of its own only';
CREATE POLICY idempotency_keys_update_app ON dawsos.idempotency_keys
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY idempotency_keys_update_app ON dawsos.idempotency_keys IS 'the user changes its own rows only';
CREATE POLICY idempotency_keys_delete_app ON dawsos.idempotency_keys
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY idempotency_keys_delete_app ON dawsos.idempotency_keys IS 'the user deletes its own rows only';
CREATE POLICY idempotency_keys_select_worker ON dawsos.idempotency_keys
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY idempotency_keys_select_worker ON dawsos.idempotency_keys IS 'a job reads the rows of the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.idempotency_keys TO dawsos_app;
GRANT SELECT ON dawsos.idempotency_keys TO dawsos_worker;
