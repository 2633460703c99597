-- Adds a refresh token to a session.
INSERT INTO dawsos.refresh_tokens (user_id, id, session_id, token_hash, expires_at)
VALUES ($1, $2, $3, $4, $5)
