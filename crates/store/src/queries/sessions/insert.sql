-- Opens a session.
INSERT INTO dawsos.sessions (user_id, id, kind, secret_hash, csrf_key, expires_at, ip, user_agent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
