-- Adds or replaces rows of the projection; served by lot_events_pkey.
INSERT INTO dawsos.lot_events (user_id, portfolio_id,
    lot_id, seq, part, kind, effective_on, quantity_delta, cost_delta, proceeds, realized_price_gain,
    realized_fx_gain, realized_gain, term)
SELECT $1, $2,
    lot_id, seq, part, kind, effective_on, quantity_delta, cost_delta, proceeds, realized_price_gain,
    realized_fx_gain, realized_gain, term
FROM unnest(
    $3::uuid[], $4::bigint[], $5::integer[], $6::text[], $7::date[], $8::numeric[], $9::numeric[],
    $10::numeric[], $11::numeric[], $12::numeric[], $13::numeric[], $14::text[])
    AS new (
    lot_id, seq, part, kind, effective_on, quantity_delta, cost_delta, proceeds, realized_price_gain,
    realized_fx_gain, realized_gain, term)
ON CONFLICT (user_id, lot_id, seq, part) DO UPDATE SET portfolio_id = EXCLUDED.portfolio_id,
    kind = EXCLUDED.kind, effective_on = EXCLUDED.effective_on, quantity_delta = EXCLUDED.quantity_delta,
    cost_delta = EXCLUDED.cost_delta, proceeds = EXCLUDED.proceeds, realized_price_gain =
    EXCLUDED.realized_price_gain, realized_fx_gain = EXCLUDED.realized_fx_gain, realized_gain =
    EXCLUDED.realized_gain, term = EXCLUDED.term
