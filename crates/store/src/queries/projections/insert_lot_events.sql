-- Adds rows that are new in the projection.
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
