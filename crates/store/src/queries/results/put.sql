-- Keeps results; a known key keeps its first outputs and counts as used. Served by results_pkey.
INSERT INTO dawsos.results AS kept (user_id, result_key, pattern_hash, pack_hash, ledger_commit, capability_versions, outputs,
    output_hash, bytes, expires_at)
SELECT $1, * FROM unnest($2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::jsonb[], $7::bytea[], $8::bytea[], $9::integer[], $10::timestamptz[])
ON CONFLICT (user_id, result_key) DO UPDATE SET last_used_at = now(), expires_at = EXCLUDED.expires_at
