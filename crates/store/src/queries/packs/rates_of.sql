-- Rates of day contents; served by fx_rates_pkey.
SELECT rate.date, rate.base, rate.quote, rate.rate, rate.state, rate.quoted_on, rate.source
FROM unnest($1::date[], $2::bytea[]) AS wanted (date, content_hash)
JOIN dawsos.fx_rates AS rate ON rate.date = wanted.date AND rate.content_hash = wanted.content_hash
WHERE rate.date BETWEEN $3 AND $4
