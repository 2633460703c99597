-- Adds or replaces rows of the projection; served by lots_pkey.
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
ON CONFLICT (user_id, id) DO UPDATE SET portfolio_id = EXCLUDED.portfolio_id,
    account_id = EXCLUDED.account_id, security_id = EXCLUDED.security_id, opened_seq = EXCLUDED.opened_seq,
    acquired_on = EXCLUDED.acquired_on, holding_started_on = EXCLUDED.holding_started_on, quantity_original =
    EXCLUDED.quantity_original, quantity_open = EXCLUDED.quantity_open, cost_basis = EXCLUDED.cost_basis,
    cost_currency = EXCLUDED.cost_currency, cost_per_unit = EXCLUDED.cost_per_unit, fx_rate_to_base =
    EXCLUDED.fx_rate_to_base, wash_sale_adjustment = EXCLUDED.wash_sale_adjustment, closed_on =
    EXCLUDED.closed_on
