-- Revokes all refresh tokens of a session; served by refresh_tokens_session_idx.
UPDATE dawsos.refresh_tokens SET revoked_at = $3 WHERE user_id = $1 AND session_id = $2 AND revoked_at IS NULL
