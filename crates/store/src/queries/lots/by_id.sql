-- One lot with its portfolio; served by lots_pkey.
SELECT
    id, account_id, security_id, opened_seq, acquired_on, holding_started_on, quantity_original,
    quantity_open, cost_basis, cost_currency, cost_per_unit, fx_rate_to_base, wash_sale_adjustment, closed_on, portfolio_id, user_id
FROM dawsos.lots
WHERE id = $2 AND (user_id = $1 OR portfolio_id = ANY ((SELECT dawsos.app_shared_portfolios())::uuid[]))
