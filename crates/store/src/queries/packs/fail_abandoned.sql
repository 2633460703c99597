-- Builds that a stopped server left warming; served by pack_builds_warming_key.
UPDATE dawsos.pack_builds SET status = 'failed', step = NULL, error = $2
WHERE status = 'warming' AND started_at < $1
