-- Live shares that a user was given; served by portfolio_shares_grantee_idx.
SELECT share.id, share.owner_user_id, share.portfolio_id, share.grantee_user_id, share.amounts, share.expires_at, share.revoked_at, share.created_at FROM dawsos.portfolio_shares AS share
WHERE share.grantee_user_id = $1 AND share.revoked_at IS NULL AND (share.expires_at IS NULL OR share.expires_at > now())
ORDER BY share.created_at
