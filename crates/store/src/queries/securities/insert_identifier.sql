-- Names a security, unless it has that name already.
INSERT INTO dawsos.security_identifiers (id, security_id, scheme, value, mic, provider, valid_from, valid_to)
SELECT $1, $2, $3, $4, $5, $6, coalesce($7, '-infinity'::date), $8
WHERE NOT EXISTS (
    SELECT FROM dawsos.security_identifiers
    WHERE security_id = $2 AND scheme = $3 AND value = $4 AND mic IS NOT DISTINCT FROM $5 AND provider IS NOT DISTINCT FROM $6
)
