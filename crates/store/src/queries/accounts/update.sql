-- Replaces the changeable fields of an account if its version is still the one given; served by accounts_pkey.
UPDATE dawsos.accounts
SET name = $4, kind = $5, institution = $6, tax_treatment = $7, cost_basis_method = $8, allow_short = $9,
    opened_on = $10, closed_on = $11, external_ref = $12, version = version + 1
WHERE user_id = $1 AND id = $2 AND version = $3
RETURNING user_id, id, version, portfolio_id, name, kind, institution, currency, tax_treatment, cost_basis_method, allow_short, opened_on, closed_on, external_ref, created_at
