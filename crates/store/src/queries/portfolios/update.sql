-- Changes the record fields of an own portfolio if its version is still the one given; served by portfolios_pkey.
UPDATE dawsos.portfolios
SET name = coalesce($4, name), description = coalesce($5, description), status = coalesce($6, status), version = version + 1
WHERE user_id = $1 AND id = $2 AND version = $3
RETURNING user_id, id, version, name, description, status, ledger_seq, ledger_commit, base_currency, benchmark_id, cost_basis_method, valuation_calendar, risk_free, tax_profile, opened_on, demo, created_at
