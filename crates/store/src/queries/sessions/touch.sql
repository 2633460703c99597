-- Notes use of a session, at most once a minute; served by sessions_pkey.
UPDATE dawsos.sessions SET last_seen_at = $3
WHERE user_id = $1 AND id = $2 AND last_seen_at < $3 - interval '1 minute'
