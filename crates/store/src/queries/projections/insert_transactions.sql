-- Adds rows that are new in the projection.
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
