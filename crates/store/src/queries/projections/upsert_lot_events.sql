-- Replaces rows of the projection that are there already; served by lot_events_pkey.
ON CONFLICT (user_id, lot_id, seq, part) DO UPDATE SET portfolio_id = EXCLUDED.portfolio_id,
    kind = EXCLUDED.kind, effective_on = EXCLUDED.effective_on, quantity_delta = EXCLUDED.quantity_delta,
    cost_delta = EXCLUDED.cost_delta, proceeds = EXCLUDED.proceeds, realized_price_gain =
    EXCLUDED.realized_price_gain, realized_fx_gain = EXCLUDED.realized_fx_gain, realized_gain =
    EXCLUDED.realized_gain, term = EXCLUDED.term
