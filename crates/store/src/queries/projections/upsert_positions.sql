-- Adds or replaces rows of the projection; served by positions_pkey.
INSERT INTO dawsos.positions (user_id, portfolio_id,
    account_id, security_id, quantity, quantity_pending, cost_basis, cost_currency, lot_count,
    first_acquired_on, last_seq)
SELECT $1, $2,
    account_id, security_id, quantity, quantity_pending, cost_basis, cost_currency, lot_count,
    first_acquired_on, last_seq
FROM unnest(
    $3::uuid[], $4::uuid[], $5::numeric[], $6::numeric[], $7::numeric[], $8::text[], $9::integer[],
    $10::date[], $11::bigint[])
    AS new (
    account_id, security_id, quantity, quantity_pending, cost_basis, cost_currency, lot_count,
    first_acquired_on, last_seq)
ON CONFLICT (user_id, portfolio_id, account_id, security_id) DO UPDATE SET portfolio_id = EXCLUDED.portfolio_id,
    quantity = EXCLUDED.quantity, quantity_pending = EXCLUDED.quantity_pending, cost_basis =
    EXCLUDED.cost_basis, cost_currency = EXCLUDED.cost_currency, lot_count = EXCLUDED.lot_count,
    first_acquired_on = EXCLUDED.first_acquired_on, last_seq = EXCLUDED.last_seq
