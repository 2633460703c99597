-- The current pack of the newest day on or before a date; served by pack_heads_pkey.
SELECT pack.hash, pack.display_id, pack.policy_id, pack.date, pack.revision, pack.parent_hash, pack.content_hash, pack.known_at, pack.reason,
    (SELECT newer.display_id FROM dawsos.pack_heads AS head JOIN dawsos.pricing_packs AS newer ON newer.hash = head.pack_hash
     WHERE head.policy_id = pack.policy_id AND head.date = pack.date AND head.pack_hash <> pack.hash) AS superseded_by,
    (SELECT supersession.reason FROM dawsos.pack_supersessions AS supersession WHERE supersession.old_hash = pack.hash) AS restated_reason
FROM dawsos.pack_heads AS current
JOIN dawsos.pricing_packs AS pack ON pack.hash = current.pack_hash
WHERE current.policy_id = $1 AND ($2::date IS NULL OR current.date <= $2)
ORDER BY current.date DESC
LIMIT 1
