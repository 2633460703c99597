-- Ends all sessions of a user but one; served by sessions_live_idx.
UPDATE dawsos.sessions SET revoked_at = $3
WHERE user_id = $1 AND revoked_at IS NULL AND ($2::uuid IS NULL OR id <> $2)
RETURNING id
