-- Adds executions or brings them up to date; served by the primary key of their month.
INSERT INTO dawsos.executions AS kept (user_id, id, pattern_id, pattern_hash, mode, trigger, inputs, context, result_key, status, error,
    replica_id, admitted_at, finished_at, trace, created_at)
SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::jsonb[], $8::jsonb[], $9::bytea[], $10::text[],
    $11::jsonb[], $12::uuid[], $13::timestamptz[], $14::timestamptz[], $15::bytea[], $16::timestamptz[])
ON CONFLICT (user_id, id) DO UPDATE SET context = EXCLUDED.context, result_key = EXCLUDED.result_key, status = EXCLUDED.status,
    error = EXCLUDED.error, admitted_at = EXCLUDED.admitted_at, finished_at = EXCLUDED.finished_at, trace = EXCLUDED.trace
WHERE kept.status IN ('queued', 'running')
