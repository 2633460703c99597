-- A kept result that has not expired; served by results_pkey.
SELECT pattern_hash, pack_hash, ledger_commit, capability_versions, outputs, output_hash, bytes, created_at
FROM dawsos.results
WHERE user_id = $1 AND result_key = $2 AND (expires_at IS NULL OR expires_at > now())
