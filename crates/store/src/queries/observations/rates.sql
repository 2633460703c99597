-- Newest version of each rate observation known at a moment, in a range of days; served by fx_observations_date_idx.
SELECT DISTINCT ON (base, quote, date, provider) base, quote, date, rate, provider, known_at
FROM dawsos.fx_observations
WHERE date BETWEEN $1 AND $2 AND known_at <= $3
ORDER BY base, quote, date, provider, known_at DESC
