-- Adds day contents; gives the hashes of those that were not there.
INSERT INTO dawsos.day_contents (hash, date, price_count, fx_count, format_version)
SELECT * FROM unnest($1::bytea[], $2::date[], $3::integer[], $4::integer[], $5::smallint[])
ON CONFLICT DO NOTHING
RETURNING hash
