-- Writes the settings that the ledger projects; served by portfolios_pkey.
UPDATE dawsos.portfolios
SET base_currency = $3, benchmark_id = $4, cost_basis_method = $5, valuation_calendar = $6, risk_free = $7, opened_on = $8,
    version = version + 1
WHERE user_id = $1 AND id = $2
