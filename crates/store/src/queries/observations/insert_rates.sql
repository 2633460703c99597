-- Adds rate observations; a version that is there already changes nothing.
INSERT INTO dawsos.fx_observations (base, quote, date, provider, known_at, rate)
SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::timestamptz[], $6::numeric[])
ON CONFLICT DO NOTHING
