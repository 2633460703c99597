-- Removes rows of the projection that the ledger no longer has; served by positions_pkey.
DELETE FROM dawsos.positions AS stored
USING unnest($3::uuid[], $4::uuid[]) AS old (account_id, security_id)
WHERE stored.user_id = $1 AND stored.portfolio_id = $2 AND stored.account_id = old.account_id AND stored.security_id = old.security_id
