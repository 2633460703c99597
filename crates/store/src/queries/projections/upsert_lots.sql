-- Replaces rows of the projection that are there already; served by lots_pkey.
ON CONFLICT (user_id, id) DO UPDATE SET portfolio_id = EXCLUDED.portfolio_id,
    account_id = EXCLUDED.account_id, security_id = EXCLUDED.security_id, opened_seq = EXCLUDED.opened_seq,
    acquired_on = EXCLUDED.acquired_on, holding_started_on = EXCLUDED.holding_started_on, quantity_original =
    EXCLUDED.quantity_original, quantity_open = EXCLUDED.quantity_open, cost_basis = EXCLUDED.cost_basis,
    cost_currency = EXCLUDED.cost_currency, cost_per_unit = EXCLUDED.cost_per_unit, fx_rate_to_base =
    EXCLUDED.fx_rate_to_base, wash_sale_adjustment = EXCLUDED.wash_sale_adjustment, closed_on =
    EXCLUDED.closed_on
