-- Roles and the schema. Roles belong to the whole cluster, so each is made only where it is missing.
-- run-as: session
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['dawsos_owner', 'dawsos_app', 'dawsos_worker', 'dawsos_auth', 'dawsos_definer']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this cluster was migrated at the same moment
            END;
        END IF;
    END LOOP;
    IF EXISTS (
        SELECT FROM pg_roles
        WHERE rolname IN ('dawsos_owner', 'dawsos_app', 'dawsos_worker', 'dawsos_auth', 'dawsos_definer')
          AND (rolbypassrls OR rolsuper)
    ) THEN
        RAISE EXCEPTION 'a dawsos role has SUPERUSER or BYPASSRLS: run ALTER ROLE … NOSUPERUSER NOBYPASSRLS';
    END IF;
    -- Who migrates must be able to act as the owner; a superuser is that anyway.
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN
        EXECUTE format('GRANT dawsos_owner TO %I', session_user);
    END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS dawsos AUTHORIZATION dawsos_owner;
COMMENT ON SCHEMA dawsos IS 'everything of DawsOS';
REVOKE ALL ON SCHEMA dawsos FROM PUBLIC;
GRANT USAGE ON SCHEMA dawsos TO dawsos_app, dawsos_worker, dawsos_auth, dawsos_definer;

SET LOCAL ROLE dawsos_owner;

-- Functions are never callable by everybody; each grant is written where the function is.
ALTER DEFAULT PRIVILEGES FOR ROLE dawsos_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE FUNCTION dawsos.app_user_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('app.user_id', true), '')::uuid $$;
COMMENT ON FUNCTION dawsos.app_user_id() IS 'the user of this transaction, or null: then no user-scoped row matches';
GRANT EXECUTE ON FUNCTION dawsos.app_user_id() TO dawsos_app, dawsos_worker, dawsos_auth, dawsos_definer;

CREATE FUNCTION dawsos.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: its rows never change', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
COMMENT ON FUNCTION dawsos.refuse_change() IS 'trigger of tables whose rows never change, for every role';
