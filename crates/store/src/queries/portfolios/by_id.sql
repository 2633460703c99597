-- One portfolio that the user owns or may read; served by portfolios_id_key.
SELECT user_id, id, version, name, description, status, ledger_seq, ledger_commit, base_currency, benchmark_id, cost_basis_method, valuation_calendar, risk_free, tax_profile, opened_on, demo, created_at
FROM dawsos.portfolios
WHERE id = $2 AND (user_id = $1 OR id = ANY ((SELECT dawsos.app_shared_portfolios())::uuid[]))
