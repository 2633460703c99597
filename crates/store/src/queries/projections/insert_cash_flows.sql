-- Adds rows that are new in the projection.
INSERT INTO dawsos.cash_flows (user_id, portfolio_id,
    seq, part, effective_on, kind, amount, currency, base_amount)
SELECT $1, $2,
    seq, part, effective_on, kind, amount, currency, base_amount
FROM unnest(
    $3::bigint[], $4::integer[], $5::date[], $6::text[], $7::numeric[], $8::text[], $9::numeric[])
    AS new (
    seq, part, effective_on, kind, amount, currency, base_amount)
