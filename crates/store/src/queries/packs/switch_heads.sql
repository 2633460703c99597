-- Makes packs the current ones of their days; served by pack_heads_pkey.
INSERT INTO dawsos.pack_heads (policy_id, date, pack_hash)
SELECT pack.policy_id, pack.date, pack.hash
FROM dawsos.pricing_packs AS pack
WHERE pack.hash = ANY ($1)
ON CONFLICT (policy_id, date) DO UPDATE SET pack_hash = EXCLUDED.pack_hash, since = now()
