-- Personal access tokens of a user, without hashes; served by access_tokens_pkey.
SELECT id, name, prefix, scopes, portfolio_ids, expires_at, last_used_at, revoked_at, created_at
FROM dawsos.access_tokens WHERE user_id = $1 ORDER BY id DESC
