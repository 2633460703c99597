-- Removes rows of the projection that the ledger no longer has; served by lots_pkey.
DELETE FROM dawsos.lots AS stored
USING unnest($3::uuid[]) AS old (id)
WHERE stored.user_id = $1 AND stored.portfolio_id = $2 AND stored.id = old.id
