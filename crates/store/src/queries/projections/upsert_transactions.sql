-- Replaces rows of the projection that are there already; served by transactions_pkey.
ON CONFLICT (user_id, id) DO UPDATE SET portfolio_id = EXCLUDED.portfolio_id,
    account_id = EXCLUDED.account_id, seq = EXCLUDED.seq, kind = EXCLUDED.kind, security_id =
    EXCLUDED.security_id, trade_date = EXCLUDED.trade_date, settlement_date = EXCLUDED.settlement_date,
    ex_date = EXCLUDED.ex_date, pay_date = EXCLUDED.pay_date, quantity = EXCLUDED.quantity, price =
    EXCLUDED.price, gross_amount = EXCLUDED.gross_amount, fees = EXCLUDED.fees, taxes = EXCLUDED.taxes,
    net_amount = EXCLUDED.net_amount, currency = EXCLUDED.currency, fx_rate = EXCLUDED.fx_rate, fx_quote =
    EXCLUDED.fx_quote, base_gross = EXCLUDED.base_gross, base_net = EXCLUDED.base_net, is_external_flow =
    EXCLUDED.is_external_flow, status = EXCLUDED.status, amended_by = EXCLUDED.amended_by, group_id =
    EXCLUDED.group_id, external_id = EXCLUDED.external_id, note = EXCLUDED.note, tags = EXCLUDED.tags
