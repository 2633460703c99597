-- All rows of the projection of a portfolio, by key.
SELECT
    lot_id, seq, part, kind, effective_on, quantity_delta, cost_delta, proceeds, realized_price_gain,
    realized_fx_gain, realized_gain, term
FROM dawsos.lot_events
WHERE user_id = $1 AND portfolio_id = $2
ORDER BY lot_id, seq, part
