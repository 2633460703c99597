-- All rows of the projection of a portfolio, by key.
SELECT
    id, account_id, seq, kind, security_id, trade_date, settlement_date, ex_date, pay_date, quantity, price,
    gross_amount, fees, taxes, net_amount, currency, fx_rate, fx_quote, base_gross, base_net,
    is_external_flow, status, amended_by, group_id, external_id, note, tags
FROM dawsos.transactions
WHERE user_id = $1 AND portfolio_id = $2
ORDER BY id
