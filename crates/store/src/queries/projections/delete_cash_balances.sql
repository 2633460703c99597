-- Removes rows of the projection that the ledger no longer has; served by cash_balances_pkey.
DELETE FROM dawsos.cash_balances AS stored
USING unnest($3::uuid[], $4::text[]) AS old (account_id, currency)
WHERE stored.user_id = $1 AND stored.portfolio_id = $2 AND stored.account_id = old.account_id AND stored.currency = old.currency
