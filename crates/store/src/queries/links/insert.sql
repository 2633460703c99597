-- Adds a one-time link.
INSERT INTO dawsos.account_links (id, purpose, token_hash, user_id, role, expires_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)
