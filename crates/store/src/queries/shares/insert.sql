-- Shares a portfolio with another user.
INSERT INTO dawsos.portfolio_shares AS share (id, owner_user_id, portfolio_id, grantee_user_id, amounts, expires_at)
VALUES ($2, $1, $3, $4, $5, $6)
RETURNING share.id, share.owner_user_id, share.portfolio_id, share.grantee_user_id, share.amounts, share.expires_at, share.revoked_at, share.created_at
