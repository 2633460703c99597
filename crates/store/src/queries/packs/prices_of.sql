-- Prices of day contents; each served by the primary key of its year.
SELECT price.date, price.security_id, price.close, price.currency, price.state, price.quoted_on, price.source
FROM unnest($1::date[], $2::bytea[]) AS wanted (date, content_hash)
JOIN dawsos.prices AS price ON price.date = wanted.date AND price.content_hash = wanted.content_hash
WHERE price.date BETWEEN $3 AND $4
