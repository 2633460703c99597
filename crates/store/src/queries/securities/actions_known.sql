-- Corporate actions in the version that was known at a moment; served by corporate_actions_security_idx.
SELECT DISTINCT ON (id) id, known_at, security_id, kind, ex_date, declared_on, record_date, pay_date, amount, currency,
    ratio_from, ratio_to, detail, provider, cancelled
FROM dawsos.corporate_actions
WHERE security_id = ANY ($1) AND ($2::timestamptz IS NULL OR known_at <= $2)
ORDER BY id, known_at DESC
