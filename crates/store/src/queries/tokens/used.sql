-- Notes use of a token, at most once a minute; served by access_tokens_pkey.
UPDATE dawsos.access_tokens SET last_used_at = $3
WHERE user_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at < $3 - interval '1 minute')
