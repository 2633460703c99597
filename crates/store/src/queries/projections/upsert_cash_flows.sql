-- Replaces rows of the projection that are there already; served by cash_flows_pkey.
ON CONFLICT (user_id, portfolio_id, seq, part) DO UPDATE SET portfolio_id = EXCLUDED.portfolio_id,
    effective_on = EXCLUDED.effective_on, kind = EXCLUDED.kind, amount = EXCLUDED.amount, currency =
    EXCLUDED.currency, base_amount = EXCLUDED.base_amount
