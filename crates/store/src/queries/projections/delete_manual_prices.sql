-- Removes rows of the projection that the ledger no longer has; served by manual_prices_pkey.
DELETE FROM dawsos.manual_prices AS stored
USING unnest($3::uuid[], $4::date[]) AS old (security_id, date)
WHERE stored.user_id = $1 AND stored.portfolio_id = $2 AND stored.security_id = old.security_id AND stored.date = old.date
