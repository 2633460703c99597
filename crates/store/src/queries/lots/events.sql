-- What happened to one lot, in order, with the entry that caused it; served by lot_events_pkey.
SELECT
    lot_id, seq, part, kind, effective_on, quantity_delta, cost_delta, proceeds, realized_price_gain,
    realized_fx_gain, realized_gain, term
FROM dawsos.lot_events
WHERE user_id = $1 AND lot_id = $2
ORDER BY seq, part
