-- A refresh token by hash, locked, with the state of its session and user; served by refresh_tokens_token_hash_key.
SELECT token.user_id, token.id, token.session_id, token.expires_at, token.used_at, token.revoked_at,
       session.revoked_at IS NOT NULL OR session.expires_at <= $2 AS session_over, account.role, account.status
FROM dawsos.refresh_tokens AS token
JOIN dawsos.sessions AS session ON session.user_id = token.user_id AND session.id = token.session_id
JOIN dawsos.users AS account ON account.id = token.user_id
WHERE token.token_hash = $1
FOR UPDATE OF token
