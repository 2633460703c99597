-- Newest version of each price observation known at a moment, in a range of days; served by price_observations_pkey.
SELECT DISTINCT ON (security_id, date, provider) security_id, date, close, currency, provider, known_at
FROM dawsos.price_observations
WHERE date BETWEEN $1 AND $2 AND known_at <= $3 AND ($4::uuid[] IS NULL OR security_id = ANY ($4))
ORDER BY security_id, date, provider, known_at DESC
