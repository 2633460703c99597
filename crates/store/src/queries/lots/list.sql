-- Lots of a portfolio, oldest first; open ones by lots_open_idx, all by lots_portfolio_idx.
SELECT
    id, account_id, security_id, opened_seq, acquired_on, holding_started_on, quantity_original,
    quantity_open, cost_basis, cost_currency, cost_per_unit, fx_rate_to_base, wash_sale_adjustment, closed_on
FROM dawsos.lots
WHERE user_id = $1 AND portfolio_id = $2
  AND ($3::uuid IS NULL OR security_id = $3)
  AND ($4::boolean IS NULL OR (closed_on IS NULL) = $4)
ORDER BY security_id, acquired_on, opened_seq, id
