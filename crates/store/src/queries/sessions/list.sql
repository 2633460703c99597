-- Live sessions of a user, without secrets; served by sessions_live_idx.
SELECT user_id, id, kind, last_seen_at, expires_at, ip, user_agent, created_at
FROM dawsos.sessions
WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
ORDER BY last_seen_at DESC
