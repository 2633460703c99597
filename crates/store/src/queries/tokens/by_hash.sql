-- The live personal access token of a hash with role and status of its user; served by access_tokens_token_hash_key.
SELECT token.id, token.name, token.prefix, token.scopes, token.portfolio_ids, token.expires_at, token.last_used_at,
       token.revoked_at, token.created_at, token.user_id, account.role, account.status
FROM dawsos.access_tokens AS token
JOIN dawsos.users AS account ON account.id = token.user_id
WHERE token.token_hash = $1 AND token.revoked_at IS NULL AND (token.expires_at IS NULL OR token.expires_at > $2)
