-- Accounts of a portfolio that the user owns or may read (the policy decides); served by accounts_portfolio_key.
SELECT user_id, id, version, portfolio_id, name, kind, institution, currency, tax_treatment, cost_basis_method, allow_short, opened_on, closed_on, external_ref, created_at
FROM dawsos.accounts
WHERE user_id = $1 AND portfolio_id = $2
ORDER BY lower(name), id
