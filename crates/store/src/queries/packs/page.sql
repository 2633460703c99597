-- Packs of a range of days, current ones and superseded ones, newest first; served by pricing_packs_revision_key.
SELECT pack.hash, pack.display_id, pack.policy_id, pack.date, pack.revision, pack.parent_hash, pack.content_hash, pack.known_at, pack.reason,
    (SELECT newer.display_id FROM dawsos.pack_heads AS head JOIN dawsos.pricing_packs AS newer ON newer.hash = head.pack_hash
     WHERE head.policy_id = pack.policy_id AND head.date = pack.date AND head.pack_hash <> pack.hash) AS superseded_by,
    (SELECT supersession.reason FROM dawsos.pack_supersessions AS supersession WHERE supersession.old_hash = pack.hash) AS restated_reason
FROM dawsos.pricing_packs AS pack
WHERE pack.policy_id = $1 AND ($2::date IS NULL OR pack.date >= $2) AND ($3::date IS NULL OR pack.date <= $3)
  AND ($4::date IS NULL OR (pack.date, pack.revision) < ($4, $5::integer))
ORDER BY pack.date DESC, pack.revision DESC
LIMIT $6
