-- One transaction with its portfolio; served by transactions_pkey.
SELECT
    id, account_id, seq, kind, security_id, trade_date, settlement_date, ex_date, pay_date, quantity, price,
    gross_amount, fees, taxes, net_amount, currency, fx_rate, fx_quote, base_gross, base_net,
    is_external_flow, status, amended_by, group_id, external_id, note, tags, portfolio_id, user_id
FROM dawsos.transactions
WHERE id = $2 AND (user_id = $1 OR portfolio_id = ANY ((SELECT dawsos.app_shared_portfolios())::uuid[]))
