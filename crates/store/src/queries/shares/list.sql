-- Live shares of a portfolio; served by portfolio_shares_grantee_key.
SELECT share.id, share.owner_user_id, share.portfolio_id, share.grantee_user_id, share.amounts, share.expires_at, share.revoked_at, share.created_at FROM dawsos.portfolio_shares AS share
WHERE share.portfolio_id = $2 AND share.owner_user_id = $1 AND share.revoked_at IS NULL
ORDER BY share.created_at
