-- The newest revision of a policy; served by pack_policies_pkey.
SELECT id, revision, calendar_rule, time_zone, price_sources, fx_sources, carry_days_max, coverage_min_prices, coverage_min_fx
FROM dawsos.pack_policies WHERE id = $1 ORDER BY revision DESC LIMIT 1
