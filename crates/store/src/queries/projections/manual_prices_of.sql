-- All rows of the projection of a portfolio, by key.
SELECT
    security_id, date, price, currency, seq
FROM dawsos.manual_prices
WHERE user_id = $1 AND portfolio_id = $2
ORDER BY security_id, date
