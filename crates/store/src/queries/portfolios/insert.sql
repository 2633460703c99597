-- Adds a portfolio with an empty ledger.
INSERT INTO dawsos.portfolios (user_id, id, name, description, ledger_commit, base_currency, cost_basis_method, valuation_calendar, demo)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING user_id, id, version, name, description, status, ledger_seq, ledger_commit, base_currency, benchmark_id, cost_basis_method, valuation_calendar, risk_free, tax_profile, opened_on, demo, created_at
