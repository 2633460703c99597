-- A page of transactions, newest first, after a position (trade_date, seq); served by transactions_trade_date_idx,
-- with a security by transactions_security_idx, with a tag by transactions_tags_idx.
SELECT
    id, account_id, seq, kind, security_id, trade_date, settlement_date, ex_date, pay_date, quantity, price,
    gross_amount, fees, taxes, net_amount, currency, fx_rate, fx_quote, base_gross, base_net,
    is_external_flow, status, amended_by, group_id, external_id, note, tags
FROM dawsos.transactions
WHERE user_id = $1 AND portfolio_id = $2
  AND ($3::date IS NULL OR (trade_date, seq) < ($3, $4::bigint))
  AND ($5::uuid IS NULL OR security_id = $5)
  AND ($6::uuid IS NULL OR account_id = $6)
  AND ($7::text[] IS NULL OR kind = ANY ($7))
  AND ($8::text[] IS NULL OR status = ANY ($8))
  AND ($9::date IS NULL OR trade_date >= $9)
  AND ($10::date IS NULL OR trade_date <= $10)
  AND ($11::text IS NULL OR tags @> ARRAY[$11])
  AND ($12::text IS NULL OR note ILIKE '%' || replace(replace(replace($12, '\', '\\'), '%', '\%'), '_', '\_') || '%'
       OR external_id = $12)
ORDER BY trade_date DESC, seq DESC
LIMIT $13
