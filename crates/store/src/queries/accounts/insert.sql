-- Adds an account.
INSERT INTO dawsos.accounts (user_id, id, portfolio_id, name, kind, institution, currency, tax_treatment, cost_basis_method, allow_short, opened_on, external_ref)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
RETURNING user_id, id, version, portfolio_id, name, kind, institution, currency, tax_treatment, cost_basis_method, allow_short, opened_on, closed_on, external_ref, created_at
