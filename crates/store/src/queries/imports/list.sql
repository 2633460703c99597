-- Imports of a portfolio, newest first, before a position; served by imports_portfolio_idx.
SELECT id, version, portfolio_id, account_id, filename, format, file_sha256, mapping, options, status, counts, from_seq, to_seq, committed_at, expires_at, created_at FROM dawsos.imports
WHERE user_id = $1 AND ($2::uuid IS NULL OR portfolio_id = $2) AND ($3::uuid IS NULL OR id < $3)
ORDER BY id DESC
LIMIT $4
