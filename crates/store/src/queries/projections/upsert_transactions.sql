-- Adds or replaces rows of the projection; served by transactions_pkey.
INSERT INTO dawsos.transactions (user_id, portfolio_id,
    id, account_id, seq, kind, security_id, trade_date, settlement_date, ex_date, pay_date, quantity, price,
    gross_amount, fees, taxes, net_amount, currency, fx_rate, fx_quote, base_gross, base_net,
    is_external_flow, status, amended_by, group_id, external_id, note, tags)
SELECT $1, $2,
    id, account_id, seq, kind, security_id, trade_date, settlement_date, ex_date, pay_date, quantity, price,
    gross_amount, fees, taxes, net_amount, currency, fx_rate, fx_quote, base_gross, base_net,
    is_external_flow, status, amended_by, group_id, external_id, note, coalesce(string_to_array(tags,
    chr(31)), '{}')
FROM unnest(
    $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::uuid[], $8::date[], $9::date[], $10::date[],
    $11::date[], $12::numeric[], $13::numeric[], $14::numeric[], $15::numeric[], $16::numeric[],
    $17::numeric[], $18::text[], $19::numeric[], $20::text[], $21::numeric[], $22::numeric[], $23::boolean[],
    $24::text[], $25::uuid[], $26::uuid[], $27::text[], $28::text[], $29::text[])
    AS new (
    id, account_id, seq, kind, security_id, trade_date, settlement_date, ex_date, pay_date, quantity, price,
    gross_amount, fees, taxes, net_amount, currency, fx_rate, fx_quote, base_gross, base_net,
    is_external_flow, status, amended_by, group_id, external_id, note, tags)
ON CONFLICT (user_id, id) DO UPDATE SET portfolio_id = EXCLUDED.portfolio_id,
    account_id = EXCLUDED.account_id, seq = EXCLUDED.seq, kind = EXCLUDED.kind, security_id =
    EXCLUDED.security_id, trade_date = EXCLUDED.trade_date, settlement_date = EXCLUDED.settlement_date,
    ex_date = EXCLUDED.ex_date, pay_date = EXCLUDED.pay_date, quantity = EXCLUDED.quantity, price =
    EXCLUDED.price, gross_amount = EXCLUDED.gross_amount, fees = EXCLUDED.fees, taxes = EXCLUDED.taxes,
    net_amount = EXCLUDED.net_amount, currency = EXCLUDED.currency, fx_rate = EXCLUDED.fx_rate, fx_quote =
    EXCLUDED.fx_quote, base_gross = EXCLUDED.base_gross, base_net = EXCLUDED.base_net, is_external_flow =
    EXCLUDED.is_external_flow, status = EXCLUDED.status, amended_by = EXCLUDED.amended_by, group_id =
    EXCLUDED.group_id, external_id = EXCLUDED.external_id, note = EXCLUDED.note, tags = EXCLUDED.tags
