-- Ends a share, by its owner or its grantee; served by portfolio_shares_pkey.
UPDATE dawsos.portfolio_shares SET revoked_at = now()
WHERE id = $2 AND (owner_user_id = $1 OR grantee_user_id = $1) AND revoked_at IS NULL
