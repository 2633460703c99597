-- The text of a pattern by its hash; served by pattern_versions_pkey.
SELECT version, kind, body, plan_hash, origin, loaded_at FROM dawsos.pattern_versions WHERE pattern_id = $1 AND content_hash = $2
