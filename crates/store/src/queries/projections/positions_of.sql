-- All rows of the projection of a portfolio, by key.
SELECT
    account_id, security_id, quantity, quantity_pending, cost_basis, cost_currency, lot_count,
    first_acquired_on, last_seq
FROM dawsos.positions
WHERE user_id = $1 AND portfolio_id = $2
ORDER BY account_id, security_id
