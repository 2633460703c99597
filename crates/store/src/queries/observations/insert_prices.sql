-- Adds price observations; a version that is there already changes nothing.
INSERT INTO dawsos.price_observations (security_id, date, provider, known_at, close, open, high, low, volume, currency)
SELECT * FROM unnest($1::uuid[], $2::date[], $3::text[], $4::timestamptz[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[],
    $9::numeric[], $10::text[])
ON CONFLICT DO NOTHING
