-- All rows of the projection of a portfolio, by key.
SELECT
    account_id, currency, settled, pending, last_seq
FROM dawsos.cash_balances
WHERE user_id = $1 AND portfolio_id = $2
ORDER BY account_id, currency
