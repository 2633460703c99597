-- Disposals of a portfolio in a period: the table of realised gains; served by lot_events_portfolio_idx.
SELECT
    lot_id, seq, part, kind, effective_on, quantity_delta, cost_delta, proceeds, realized_price_gain,
    realized_fx_gain, realized_gain, term
FROM dawsos.lot_events
WHERE user_id = $1 AND portfolio_id = $2 AND realized_gain IS NOT NULL
  AND ($3::date IS NULL OR effective_on >= $3) AND ($4::date IS NULL OR effective_on <= $4)
ORDER BY effective_on, seq, part, lot_id
