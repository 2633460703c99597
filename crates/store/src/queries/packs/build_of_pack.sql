-- The build that made a pack.
SELECT id, policy_id, date, revision, status, step, pack_hash, coverage, absent, error, requested_by, started_at, fresh_at, estimated_ready_at
FROM dawsos.pack_builds
WHERE pack_hash = $1
ORDER BY started_at DESC
LIMIT 1
