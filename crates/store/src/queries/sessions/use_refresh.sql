-- Marks a refresh token as exchanged for another; served by refresh_tokens_pkey.
UPDATE dawsos.refresh_tokens SET used_at = $4, replaced_by = $3
WHERE user_id = $1 AND id = $2 AND used_at IS NULL AND revoked_at IS NULL
