-- Adds a personal access token.
INSERT INTO dawsos.access_tokens (user_id, id, name, prefix, token_hash, scopes, portfolio_ids, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
