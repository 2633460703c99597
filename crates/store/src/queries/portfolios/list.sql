-- Portfolios of a user and those shared with it; served by portfolios_pkey and portfolios_id_key.
SELECT user_id, id, version, name, description, status, ledger_seq, ledger_commit, base_currency, benchmark_id, cost_basis_method, valuation_calendar, risk_free, tax_profile, opened_on, demo, created_at
FROM dawsos.portfolios
WHERE (user_id = $1 OR id = ANY ((SELECT dawsos.app_shared_portfolios())::uuid[]))
  AND ($2::text IS NULL OR status = $2)
ORDER BY user_id <> $1, lower(name), id
