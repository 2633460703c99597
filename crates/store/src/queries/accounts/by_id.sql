-- One account of an owner; served by accounts_pkey.
SELECT user_id, id, version, portfolio_id, name, kind, institution, currency, tax_treatment, cost_basis_method, allow_short, opened_on, closed_on, external_ref, created_at
FROM dawsos.accounts
WHERE user_id = $1 AND id = $2
