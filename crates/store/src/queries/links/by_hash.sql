-- A link by the hash of its token, locked; served by account_links_token_hash_key.
SELECT id, purpose, user_id, role, expires_at, used_at, created_by, created_at FROM dawsos.account_links WHERE token_hash = $1 FOR UPDATE
