-- Adds packs of one chain; the trigger checks each hash and parent once per statement.
INSERT INTO dawsos.pricing_packs (hash, display_id, policy_id, date, revision, parent_hash, content_hash, known_at, reason)
SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::date[], $5::integer[], $6::bytea[], $7::bytea[], $8::timestamptz[], $9::text[])
