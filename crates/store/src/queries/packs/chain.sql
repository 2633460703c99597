-- Packs that can be a pack or an ancestor of it down to a day, newest first: all of its policy up to its day; the caller
-- follows the parents. Served by pricing_packs_revision_key; a recursive query would take a step per day.
SELECT pack.hash, pack.display_id, pack.policy_id, pack.date, pack.revision, pack.parent_hash, pack.content_hash, pack.known_at, pack.reason
FROM dawsos.pricing_packs AS head
JOIN dawsos.pricing_packs AS pack ON pack.policy_id = head.policy_id AND pack.date <= head.date
WHERE head.hash = $1 AND ($2::date IS NULL OR pack.date >= $2)
ORDER BY pack.date DESC, pack.revision DESC
