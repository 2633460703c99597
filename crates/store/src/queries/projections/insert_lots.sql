-- Adds rows that are new in the projection.
INSERT INTO dawsos.lots (user_id, portfolio_id,
    id, account_id, security_id, opened_seq, acquired_on, holding_started_on, quantity_original,
    quantity_open, cost_basis, cost_currency, cost_per_unit, fx_rate_to_base, wash_sale_adjustment, closed_on)
SELECT $1, $2,
    id, account_id, security_id, opened_seq, acquired_on, holding_started_on, quantity_original,
    quantity_open, cost_basis, cost_currency, cost_per_unit, fx_rate_to_base, wash_sale_adjustment, closed_on
FROM unnest(
    $3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[], $7::date[], $8::date[], $9::numeric[], $10::numeric[],
    $11::numeric[], $12::text[], $13::numeric[], $14::numeric[], $15::numeric[], $16::date[])
    AS new (
    id, account_id, security_id, opened_seq, acquired_on, holding_started_on, quantity_original,
    quantity_open, cost_basis, cost_currency, cost_per_unit, fx_rate_to_base, wash_sale_adjustment, closed_on)
