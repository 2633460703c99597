-- All identifiers of securities; served by security_identifiers_security_idx.
SELECT id, security_id, scheme, value, mic, provider, nullif(valid_from, '-infinity'), valid_to
FROM dawsos.security_identifiers
WHERE security_id = ANY ($1)
ORDER BY security_id, scheme, value, id
