-- A build came out fresh; served by pack_builds_pkey.
UPDATE dawsos.pack_builds SET status = 'fresh', step = NULL, pack_hash = $2, coverage = $3, absent = $4, fresh_at = now() WHERE id = $1
