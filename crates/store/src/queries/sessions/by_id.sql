-- The live session of an access token with role and status of its user; served by sessions_pkey.
SELECT session.user_id, session.id, session.kind, session.csrf_key, session.last_seen_at, session.expires_at, session.revoked_at, session.ip, session.user_agent, session.created_at, account.role, account.status, account.email
FROM dawsos.sessions AS session
JOIN dawsos.users AS account ON account.id = session.user_id
WHERE session.user_id = $1 AND session.id = $2 AND session.revoked_at IS NULL AND session.expires_at > $3
