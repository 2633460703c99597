-- Builds of a policy, newest day first; served by pack_builds_date_idx.
SELECT id, policy_id, date, revision, status, step, pack_hash, coverage, absent, error, requested_by, started_at, fresh_at, estimated_ready_at
FROM dawsos.pack_builds
WHERE policy_id = $1 AND ($2::date IS NULL OR date = $2)
ORDER BY date DESC, started_at DESC
LIMIT $3
