-- Adds an import of a kept file.
INSERT INTO dawsos.imports (user_id, id, portfolio_id, account_id, filename, format, file_sha256, mapping, options, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
RETURNING id, version, portfolio_id, account_id, filename, format, file_sha256, mapping, options, status, counts, from_seq, to_seq, committed_at, expires_at, created_at
