-- Writes mapping, options, state and counts of an unfinished import if its version is still the one given; served by imports_pkey.
UPDATE dawsos.imports
SET account_id = $4, format = $5, mapping = $6, options = $7, status = $8, counts = $9, version = version + 1
WHERE user_id = $1 AND id = $2 AND version = $3 AND status NOT IN ('committed', 'reverted')
RETURNING id, version, portfolio_id, account_id, filename, format, file_sha256, mapping, options, status, counts, from_seq, to_seq, committed_at, expires_at, created_at
