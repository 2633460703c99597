-- One import, locked until the end of the transaction; served by imports_pkey.
SELECT id, version, portfolio_id, account_id, filename, format, file_sha256, mapping, options, status, counts, from_seq, to_seq, committed_at, expires_at, created_at FROM dawsos.imports WHERE user_id = $1 AND id = $2 FOR UPDATE
