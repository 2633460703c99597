-- Keeps the text of a pattern; the same text again changes nothing. Served by pattern_versions_pkey.
INSERT INTO dawsos.pattern_versions (pattern_id, content_hash, version, kind, body, plan_hash, origin, loaded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING
