-- All rows of the projection of a portfolio, by key.
SELECT
    seq, part, effective_on, kind, amount, currency, base_amount
FROM dawsos.cash_flows
WHERE user_id = $1 AND portfolio_id = $2
ORDER BY seq, part
