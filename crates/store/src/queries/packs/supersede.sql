-- Notes which current packs the given ones replace; run before the heads are switched. Served by pack_heads_pkey.
INSERT INTO dawsos.pack_supersessions (old_hash, new_hash, reason, changed_prices, changed_rates)
SELECT head.pack_hash, pack.hash, $2,
    CASE WHEN old.content_hash = pack.content_hash THEN 0 ELSE $3 END,
    CASE WHEN old.content_hash = pack.content_hash THEN 0 ELSE $4 END
FROM dawsos.pricing_packs AS pack
JOIN dawsos.pack_heads AS head ON head.policy_id = pack.policy_id AND head.date = pack.date
JOIN dawsos.pricing_packs AS old ON old.hash = head.pack_hash
WHERE pack.hash = ANY ($1) AND head.pack_hash <> pack.hash
