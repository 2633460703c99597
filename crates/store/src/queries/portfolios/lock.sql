-- One own portfolio, locked until the end of the transaction: the first step of every ledger write.
SELECT user_id, id, version, name, description, status, ledger_seq, ledger_commit, base_currency, benchmark_id, cost_basis_method, valuation_calendar, risk_free, tax_profile, opened_on, demo, created_at
FROM dawsos.portfolios
WHERE user_id = $1 AND id = $2
FOR NO KEY UPDATE
