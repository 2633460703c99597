-- A build failed; served by pack_builds_pkey.
UPDATE dawsos.pack_builds SET status = 'failed', step = NULL, error = $2 WHERE id = $1
