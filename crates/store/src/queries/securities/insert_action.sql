-- Adds a version of a corporate action; the same version again changes nothing.
INSERT INTO dawsos.corporate_actions (id, known_at, security_id, kind, ex_date, declared_on, record_date, pay_date, amount, currency,
    ratio_from, ratio_to, detail, provider, cancelled, natural_key)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT DO NOTHING
