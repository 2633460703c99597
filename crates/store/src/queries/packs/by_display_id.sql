-- A pack by the name that people read; served by pricing_packs_display_id_key.
SELECT pack.hash, pack.display_id, pack.policy_id, pack.date, pack.revision, pack.parent_hash, pack.content_hash, pack.known_at, pack.reason,
    (SELECT newer.display_id FROM dawsos.pack_heads AS head JOIN dawsos.pricing_packs AS newer ON newer.hash = head.pack_hash
     WHERE head.policy_id = pack.policy_id AND head.date = pack.date AND head.pack_hash <> pack.hash) AS superseded_by,
    (SELECT supersession.reason FROM dawsos.pack_supersessions AS supersession WHERE supersession.old_hash = pack.hash) AS restated_reason
FROM dawsos.pricing_packs AS pack
WHERE pack.display_id = $1
