-- Executions, newest first, before a position; served by executions_pkey, with a pattern by executions_pattern_idx.
SELECT id, pattern_id, pattern_hash, mode, trigger, inputs, context, result_key, status, error, replica_id, admitted_at, finished_at, created_at FROM dawsos.executions
WHERE user_id = $1 AND ($2::text IS NULL OR pattern_id = $2) AND ($3::text IS NULL OR status = $3) AND ($4::uuid IS NULL OR id < $4)
ORDER BY id DESC
LIMIT $5
