-- Uploaded files and what they would write.

CREATE TABLE dawsos.blobs (
    user_id uuid REFERENCES dawsos.users (id) ON DELETE CASCADE,
    sha256 bytea CHECK (octet_length(sha256) = 32),
    media_type text NOT NULL CHECK (length(media_type) BETWEEN 1 AND 127),
    bytes integer NOT NULL,
    content bytea NOT NULL,
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, sha256),
    CONSTRAINT blobs_bytes_check CHECK (bytes BETWEEN 0 AND 26214400 AND octet_length(content) <= 27262976)
);
COMMENT ON TABLE dawsos.blobs IS '[T U] Uploaded and made files, addressed by content.';
COMMENT ON COLUMN dawsos.blobs.user_id IS 'whose file';
COMMENT ON COLUMN dawsos.blobs.sha256 IS 'SHA-256 of the file';
COMMENT ON COLUMN dawsos.blobs.media_type IS 'kind of file';
COMMENT ON COLUMN dawsos.blobs.bytes IS 'size uncompressed';
COMMENT ON COLUMN dawsos.blobs.content IS 'zstd of the file';
COMMENT ON COLUMN dawsos.blobs.expires_at IS 'when it may be deleted';
COMMENT ON COLUMN dawsos.blobs.created_at IS 'when the row was written';

CREATE TABLE dawsos.imports (
    user_id uuid,
    id uuid,
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    portfolio_id uuid NOT NULL,
    account_id uuid,
    filename text NOT NULL CHECK (length(filename) BETWEEN 1 AND 255),
    format text NOT NULL CHECK (length(format) BETWEEN 1 AND 64),
    file_sha256 bytea NOT NULL CHECK (octet_length(file_sha256) = 32),
    mapping jsonb NOT NULL DEFAULT '{}',
    options jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'uploaded' CHECK (status IN ('uploaded', 'mapped', 'previewed', 'committed', 'reverted', 'expired')),
    counts jsonb NOT NULL DEFAULT '{}',
    from_seq bigint CHECK (from_seq > 0),
    to_seq bigint,
    committed_at timestamptz,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    CONSTRAINT imports_portfolio_id_fkey FOREIGN KEY (user_id, portfolio_id) REFERENCES dawsos.portfolios (user_id, id),
    CONSTRAINT imports_account_id_fkey FOREIGN KEY (user_id, portfolio_id, account_id) REFERENCES dawsos.accounts (user_id, portfolio_id, id),
    CONSTRAINT imports_file_fkey FOREIGN KEY (user_id, file_sha256) REFERENCES dawsos.blobs (user_id, sha256),
    CONSTRAINT imports_seq_check CHECK ((from_seq IS NULL) = (to_seq IS NULL) AND to_seq >= from_seq),
    CONSTRAINT imports_committed_check CHECK ((status IN ('committed', 'reverted')) = (committed_at IS NOT NULL))
);
COMMENT ON TABLE dawsos.imports IS '[T P] Files on their way into the ledger: nothing is written before commit.';
COMMENT ON COLUMN dawsos.imports.user_id IS 'owner';
COMMENT ON COLUMN dawsos.imports.id IS 'UUIDv7';
COMMENT ON COLUMN dawsos.imports.version IS 'raised by each change; the ETag';
COMMENT ON COLUMN dawsos.imports.portfolio_id IS 'book that it goes to';
COMMENT ON COLUMN dawsos.imports.account_id IS 'account for rows that name none';
COMMENT ON COLUMN dawsos.imports.filename IS 'name of the file';
COMMENT ON COLUMN dawsos.imports.format IS 'format id';
COMMENT ON COLUMN dawsos.imports.file_sha256 IS 'the file';
COMMENT ON COLUMN dawsos.imports.mapping IS 'field to column or constant';
COMMENT ON COLUMN dawsos.imports.options IS 'how to read it';
COMMENT ON COLUMN dawsos.imports.status IS 'how far it is';
COMMENT ON COLUMN dawsos.imports.counts IS 'rows by status';
COMMENT ON COLUMN dawsos.imports.from_seq IS 'first entry that it wrote';
COMMENT ON COLUMN dawsos.imports.to_seq IS 'last entry that it wrote';
COMMENT ON COLUMN dawsos.imports.committed_at IS 'when it was written';
COMMENT ON COLUMN dawsos.imports.expires_at IS 'when an unfinished import is dropped';
COMMENT ON COLUMN dawsos.imports.created_at IS 'when the row was written';
CREATE INDEX imports_portfolio_idx ON dawsos.imports (user_id, portfolio_id, id DESC);

CREATE TABLE dawsos.import_rows (
    user_id uuid,
    import_id uuid,
    line integer CHECK (line > 0),
    part integer CHECK (part >= 0),
    raw jsonb NOT NULL,
    entry jsonb,
    row_key text CHECK (length(row_key) BETWEEN 1 AND 300),
    status text NOT NULL CHECK (status IN ('ok', 'warning', 'error', 'duplicate', 'ignored')),
    problems jsonb NOT NULL DEFAULT '[]',
    seq bigint CHECK (seq > 0),
    PRIMARY KEY (user_id, import_id, line, part),
    CONSTRAINT import_rows_import_id_fkey FOREIGN KEY (user_id, import_id) REFERENCES dawsos.imports (user_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE dawsos.import_rows IS '[T U] Rows of an import with what they would write and what is wrong with them.';
COMMENT ON COLUMN dawsos.import_rows.user_id IS 'owner';
COMMENT ON COLUMN dawsos.import_rows.import_id IS 'import';
COMMENT ON COLUMN dawsos.import_rows.line IS 'line of the file';
COMMENT ON COLUMN dawsos.import_rows.part IS 'number among the entries of that line';
COMMENT ON COLUMN dawsos.import_rows.raw IS 'the line as read';
COMMENT ON COLUMN dawsos.import_rows.entry IS 'the entry that it would write';
COMMENT ON COLUMN dawsos.import_rows.row_key IS 'stable identity, equal when the row comes again';
COMMENT ON COLUMN dawsos.import_rows.status IS 'whether it can be written';
COMMENT ON COLUMN dawsos.import_rows.problems IS 'what is wrong, by column';
COMMENT ON COLUMN dawsos.import_rows.seq IS 'entry that it wrote';
CREATE INDEX import_rows_row_key_idx ON dawsos.import_rows (user_id, row_key) WHERE seq IS NOT NULL;
CREATE INDEX import_rows_status_idx ON dawsos.import_rows (user_id, import_id, status, line, part);

ALTER TABLE dawsos.blobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.blobs FORCE ROW LEVEL SECURITY;
CREATE POLICY blobs_select_app ON dawsos.blobs
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY blobs_select_app ON dawsos.blobs IS 'the user reads its own rows';
CREATE POLICY blobs_insert_app ON dawsos.blobs
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY blobs_insert_app ON dawsos.blobs IS 'the user adds rows of its own only';
CREATE POLICY blobs_update_app ON dawsos.blobs
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY blobs_update_app ON dawsos.blobs IS 'the user changes its own rows only';
CREATE POLICY blobs_delete_app ON dawsos.blobs
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY blobs_delete_app ON dawsos.blobs IS 'the user deletes its own rows only';
CREATE POLICY blobs_select_worker ON dawsos.blobs
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY blobs_select_worker ON dawsos.blobs IS 'a job reads the rows of the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.blobs TO dawsos_app;
GRANT SELECT ON dawsos.blobs TO dawsos_worker;
ALTER TABLE dawsos.imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.imports FORCE ROW LEVEL SECURITY;
CREATE POLICY imports_select_app ON dawsos.imports
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()) OR portfolio_id = ANY ((SELECT dawsos.app_shared_portfolios())::uuid[]));
COMMENT ON POLICY imports_select_app ON dawsos.imports IS 'the user reads its own rows and those of portfolios shared with it';
CREATE POLICY imports_insert_app ON dawsos.imports
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY imports_insert_app ON dawsos.imports IS 'the user adds rows of its own only';
CREATE POLICY imports_update_app ON dawsos.imports
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY imports_update_app ON dawsos.imports IS 'the user changes its own rows only';
CREATE POLICY imports_delete_app ON dawsos.imports
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY imports_delete_app ON dawsos.imports IS 'the user deletes its own rows only';
CREATE POLICY imports_select_worker ON dawsos.imports
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY imports_select_worker ON dawsos.imports IS 'a job reads the rows of the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.imports TO dawsos_app;
GRANT SELECT ON dawsos.imports TO dawsos_worker;
ALTER TABLE dawsos.import_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE dawsos.import_rows FORCE ROW LEVEL SECURITY;
CREATE POLICY import_rows_select_app ON dawsos.import_rows
    FOR SELECT TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY import_rows_select_app ON dawsos.import_rows IS 'the user reads its own rows';
CREATE POLICY import_rows_insert_app ON dawsos.import_rows
    FOR INSERT TO dawsos_app
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY import_rows_insert_app ON dawsos.import_rows IS 'the user adds rows of its own only';
CREATE POLICY import_rows_update_app ON dawsos.import_rows
    FOR UPDATE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()))
    WITH CHECK (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY import_rows_update_app ON dawsos.import_rows IS 'the user changes its own rows only';
CREATE POLICY import_rows_delete_app ON dawsos.import_rows
    FOR DELETE TO dawsos_app
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY import_rows_delete_app ON dawsos.import_rows IS 'the user deletes its own rows only';
CREATE POLICY import_rows_select_worker ON dawsos.import_rows
    FOR SELECT TO dawsos_worker
    USING (user_id = (SELECT dawsos.app_user_id()));
COMMENT ON POLICY import_rows_select_worker ON dawsos.import_rows IS 'a job reads the rows of the one user that it works for';
GRANT SELECT, INSERT, UPDATE, DELETE ON dawsos.import_rows TO dawsos_app;
GRANT SELECT ON dawsos.import_rows TO dawsos_worker;
