-- A pack and all its ancestors down to a day, newest first; each step served by pricing_packs_pkey.
WITH RECURSIVE chain AS (
    SELECT pack.* FROM dawsos.pricing_packs AS pack WHERE pack.hash = $1
    UNION ALL
    SELECT parent.* FROM chain JOIN dawsos.pricing_packs AS parent ON parent.hash = chain.parent_hash
    WHERE $2::date IS NULL OR parent.date >= $2
)
SELECT pack.hash, pack.display_id, pack.policy_id, pack.date, pack.revision, pack.parent_hash, pack.content_hash, pack.known_at, pack.reason FROM chain AS pack
