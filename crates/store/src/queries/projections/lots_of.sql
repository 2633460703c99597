-- All rows of the projection of a portfolio, by key.
SELECT
    id, account_id, security_id, opened_seq, acquired_on, holding_started_on, quantity_original,
    quantity_open, cost_basis, cost_currency, cost_per_unit, fx_rate_to_base, wash_sale_adjustment, closed_on
FROM dawsos.lots
WHERE user_id = $1 AND portfolio_id = $2
ORDER BY id
